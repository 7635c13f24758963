# Prints when the newest snapshot on this machine was taken, and since when it is to take them, by its own files:
# what the cluster's record says of it any client can write.
# shellcheck shell=bash

snapshotAge() {
  take_arguments "$@"
  read_settings
  printf '{"now":%s,"minutes":%s,"newest":%s,"told":%s}\n' \
    "$(date +%s)" "$minutes" "$(newest_time)" "$(stat --format=%Y "$settings")"
}
