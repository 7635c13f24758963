#!/usr/bin/env bash
# Turns a bare Debian bookworm into the lab's machine. Runs once, while the image is built.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

packages=(
  systemd systemd-sysv dbus
  openssh-server sudo
  curl ca-certificates libnss-myhostname
  iproute2 iptables procps e2fsprogs
  cloud-init
)
apt-get update
apt-get install --yes --no-install-recommends "${packages[@]}"
apt-get clean
rm -rf /var/lib/apt/lists/*

# On EC2 cloud-init makes this user; made here it's there sooner, and cloud-init only adds the key.
useradd --create-home --shell /bin/bash --comment Ubuntu --groups adm,sudo ubuntu

# Every machine gets host keys and an id of its own at its first boot.
rm -f /etc/ssh/ssh_host_*
: >/etc/machine-id

printf 'PasswordAuthentication no\nUseDNS no\n' >/etc/ssh/sshd_config.d/lab.conf

# Nothing here has a console, a seat or hardware, and nothing has to happen some hours later.
masked=(
  getty.target console-getty.service getty-static.service
  systemd-logind.service
  systemd-udevd.service systemd-udev-trigger.service
  systemd-udevd-control.socket systemd-udevd-kernel.socket
  systemd-networkd.service systemd-networkd.socket systemd-networkd-wait-online.service
  systemd-resolved.service systemd-timesyncd.service
  networking.service
  systemd-modules-load.service systemd-remount-fs.service systemd-firstboot.service
  systemd-update-utmp.service systemd-update-utmp-runlevel.service
  dev-hugepages.mount dev-mqueue.mount
  sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount
  sys-fs-fuse-connections.mount
  e2scrub_reap.service
  cloud-init-hotplugd.socket cloud-config.service
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer
  e2scrub_all.timer fstrim.timer systemd-tmpfiles-clean.timer
)
for unit in "${masked[@]}"; do
  ln -sfn /dev/null "/etc/systemd/system/$unit"
done

# sshd must show the host key of the user data from its first answer on, as on EC2; and it must not
# answer while PAM still says "System is booting up".
mkdir -p /etc/systemd/system/ssh.service.d
printf '[Unit]\nAfter=cloud-init.service systemd-user-sessions.service\n' \
  >/etc/systemd/system/ssh.service.d/lab.conf
