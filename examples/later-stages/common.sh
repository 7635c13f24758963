# What each install.sh begins with. Progress goes to stderr; stdout is for the health alone.
# shellcheck shell=bash
set -Eeuo pipefail
shopt -s inherit_errexit
umask 077
# shellcheck disable=SC2154 # the command sets it: who runs the consumer
readonly user
trap 'echo "$HOSTNAME: ended with $? at line $LINENO: $BASH_COMMAND" >&2' ERR

make_user() { id "$user" >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin "$user"; }

# put FILE: its content comes by stdin; whole or not at all, for root and the consumer.
put() {
  local mode=0640
  case $1 in
    */health) mode=0755 ;;
    *.service) mode=0644 ;;
  esac
  [[ -d ${1%/*} ]] || install -d -m 0750 -g "$user" "${1%/*}"
  cat >"$1.new"
  chgrp "$user" "$1.new"
  chmod "$mode" "$1.new"
  mv "$1.new" "$1"
}

# install_packages PACKAGE...: of Debian's; what apt says is shown if it fails.
install_packages() {
  local said get=(apt-get --quiet=2 --yes --no-install-recommends --option Dpkg::Options::=--force-confold)
  echo "$HOSTNAME: installing $*" >&2
  said=$(export DEBIAN_FRONTEND=noninteractive && apt-get --quiet=2 update 2>&1 && "${get[@]}" install "$@" 2>&1) || {
    echo "$said" >&2
    return 1
  }
}

# fetch URL FILE: compared with the checksum that is published beside it.
fetch() {
  local get=(curl --fail --silent --show-error --location --connect-timeout 10 --retry 3 --max-time 600)
  echo "$HOSTNAME: fetching $1" >&2
  "${get[@]}" --output "$2.new" "$1"
  echo "$("${get[@]}" "$1.sha256" | awk '{ print $1 }')  $2.new" | sha256sum --check --quiet >&2
  mv "$2.new" "$2"
}

# bring_up UNIT FILE...: starts it, or restarts it where one of the files is another than at its start, or else has it
# read its files again.
bring_up() {
  local unit=$1 stamp=/run/$1.started wanted how=reload
  shift
  wanted=$(sha256sum "$@")
  [[ $(cat "$stamp" 2>/dev/null) == "$wanted" ]] || how=restart
  systemctl daemon-reload
  systemctl is-active --quiet "$unit" || how=restart
  systemctl enable --quiet "$unit"
  systemctl "$how" "$unit"
  echo "$wanted" >"$stamp"
}

# The machine's processor, as releases name it.
architecture() {
  case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    *) uname -m ;;
  esac
}

# show_health SECONDS COMMAND: repeats it until it succeeds, and shows what it says.
show_health() {
  local deadline=$((SECONDS + $1)) said
  until said=$("$2" 2>&1); do
    if ((SECONDS >= deadline)); then
      echo "$HOSTNAME: $2 is not content after $1 s: $said" >&2
      return 1
    fi
    sleep 1
  done
  echo "$said"
}
