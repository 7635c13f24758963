# What every script on a machine starts with. Progress goes to stderr, which the person sees while
# it runs; stdout is for the result alone.
set -euo pipefail
shopt -s inherit_errexit
umask 077
export LC_ALL=C

say() { printf '%s: %s\n' "$(hostname -s)" "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

# make_staging FOLDER: sets `staging` to a new folder in it, which is gone when the script ends.
make_staging() {
  staging=$(mktemp -d "$1/.staging.XXXXXX")
  to_remove+=("$staging")
  trap 'rm -rf "${to_remove[@]}"' EXIT
}
to_remove=()

# Sets the variables that a script declares from arguments of the form name=value.
take_arguments() {
  local word
  for word; do
    printf -v "${word%%=*}" %s "${word#*=}"
  done
}

# try_for SECONDS WHAT COMMAND...: repeats COMMAND until it succeeds; says what it waited for.
try_for() {
  local seconds=$1 what=$2 deadline=$((SECONDS + $1))
  shift 2
  until "$@"; do
    if ((SECONDS >= deadline)); then
      say "waited ${seconds} s for ${what}, in vain"
      return 1
    fi
    sleep 0.1
  done
}

# lock WHAT: one `pulumi up` (or other command) at a time; a killed one's script may still be running here.
lock() {
  exec 9>"/run/lock/$1-by-pulumi.lock"
  flock -w 300 9 || fail "another pulumi up, or npm run defrag, has been at work on $1 for 300 s. Wait for it, or end it, and try again"
}

# free_mib FOLDER: what is free on its disk.
free_mib() { df --output=avail --block-size=1M "$1" | tail -n 1 | tr -d ' '; }

# number NAME JSON, field NAME JSON: a number and a text of a flat JSON object.
number() { sed -n "s/.*\"$1\" *: *\([0-9]*\).*/\1/p" <<<"$2"; }
field() { sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" <<<"$2"; }
