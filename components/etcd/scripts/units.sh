# Units of systemd as it knows them.
# shellcheck shell=bash

# reload_changed UNIT...: lets systemd read its units again where it knows one by another text than is on
# the disk. It reads a new unit by itself, and reading all of them takes a small machine a while.
reload_changed() {
  [[ $(systemctl show --property=NeedDaemonReload --value "$@") != *yes* ]] || systemctl daemon-reload
}

# enabled UNIT: starts with the machine from now on.
enabled() { compgen -G "$units/*.wants/$1" >/dev/null || systemctl enable --quiet --no-reload "$1"; }
