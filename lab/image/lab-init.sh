#!/bin/sh
# The machine's first process.

# Docker mounts these files anew at each start. As plain files they can be replaced, and the host
# name that cloud-init gave outlives a restart, as on EC2.
for file in /etc/hostname /etc/hosts; do
  content=$(cat "$file")
  umount "$file" || continue
  [ -s "$file" ] || echo "$content" >"$file"
done

# Attached volumes are there before systemd starts, as on EC2.
/usr/local/sbin/lab-volumes || echo "lab-volumes failed: attached volumes are missing" >&2

exec /sbin/init
