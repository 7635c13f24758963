#!/bin/sh
# Makes /dev agree with the attached volumes, which the lab notes outside the machine: a file for
# each, named as EC2's NVMe serial numbers are (vol-0abc without the dash), with the number of the
# loop device that stands in for it.
set -eu

attachments=/var/lib/etcd-lab
links=/dev/disk/by-id
prefix=$links/nvme-Amazon_Elastic_Block_Store_

mkdir -p "$links"

for link in "$prefix"*; do
  [ -L "$link" ] || continue
  if [ ! -e "$attachments/${link#"$prefix"}" ]; then
    rm -f "$(readlink "$link")" "$link"
  fi
done

for attachment in "$attachments"/*; do
  [ -e "$attachment" ] || continue
  number=$(cat "$attachment")
  node=/dev/loop$number
  [ -b "$node" ] || mknod -m 660 "$node" b 7 "$number"
  ln -sfn "$node" "$prefix${attachment##*/}"
done
