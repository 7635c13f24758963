# What the scripts call that a small image may lack. Most of it comes with any system that has systemd.
# shellcheck shell=bash

# In one line; empty where nothing is missing.
missing_tools() {
  local tool missing=()
  for tool in awk curl dd flock renice setpriv sha256sum systemctl tar timeout useradd; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  echo "${missing[*]}"
}
