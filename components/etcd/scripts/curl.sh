# What curl here can do.
# shellcheck shell=bash

# Why it cannot reach a bucket; empty where it can. Before 7.86 it signs what S3 does not take (curl's
# changes, "aws_sigv4").
why_no_bucket() {
  local version
  version=$(curl --version | sed -n '1s/^curl \([0-9.]*\).*/\1/p')
  [[ $(printf '%s\n' 7.86 "$version" | sort --version-sort | sed -n 1p) == 7.86 ]] ||
    echo "curl here is $version, and signing for S3 needs 7.86 or later. Install a later one, or keep snapshots on the machines (snapshotUpload: false)"
}
