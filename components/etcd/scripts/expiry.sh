# Prints the certificates of a member, which tell when they end. It waits for no lock: an update
# that is at work replaces all of them in one step.
# shellcheck shell=bash

expiry() {
  take_arguments "$@"
  certificate_files
}
