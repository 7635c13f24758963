# What every script on a machine starts with. Progress goes to stderr, which the person sees while
# it runs; stdout is for the result alone.
set -Eeuo pipefail
shopt -s inherit_errexit
umask 077
export LC_ALL=C

# Where systemd looks for the units of this machine's administrator, where releases of etcd lie, and where the
# kernel shows what runs.
# shellcheck disable=SC2034 # not every script looks there
units=/etc/systemd/system releases=/opt/etcd processes=/proc
# Root's alone: in a folder that everybody may write to, anybody could hold a lock.
locks=/run/etcd-by-pulumi

# The status of whatever has said why it ended, across subshells; the person sees 1.
readonly told=94

say() { printf '%s: %s\n' "${HOSTNAME%%.*}" "$*" >&2; }

fail() {
  say "$*"
  exit "$told"
}

# A script that ends without success says where, if it has not said why. A subshell that is to do the same
# calls it, too.
watch_end() {
  to_undo=()
  to_remove=()
  trap 'note_failure_at "$LINENO"' ERR
  trap at_end EXIT
}

note_failure_at() {
  local within=("${FUNCNAME[@]:1}")
  failed_at="line $1${within[*]:+ (${within[*]})}: ${BASH_COMMAND%%$'\n'*}"
}
failed_at=

at_end() {
  local status=$? undo
  trap - ERR EXIT
  for undo in "${to_undo[@]}"; do "$undo" || true; done
  rm -rf "${to_remove[@]}"
  ((status != told)) || exit 1
  ((status == 0)) || say "ended with $status at ${failed_at:-no command in particular}. No reason was given: run pulumi up again, and report this if it stays"
  exit "$status"
}
watch_end

# make_staging FOLDER: sets `staging` to a new folder in it, which is gone when the script ends.
make_staging() {
  staging=$(mktemp -d "$1/.staging.XXXXXX")
  to_remove+=("$staging")
}

# Sets the variables that a script declares from arguments of the form name=value. What is no name could be a command
# to bash: x[$(…)].
take_arguments() {
  local word
  for word; do
    [[ $word =~ ^[a-z][a-z0-9_]*= ]] || fail "an argument is not of the form name=value: $(word <<<"$word"). Nothing was changed"
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
      return "$told"
    fi
    sleep 0.1
  done
}

# Seconds since 1970, without a process of its own; EPOCHSECONDS came with bash 5 only.
now() { printf '%(%s)T' -1; }

# lock WHAT: one `pulumi up` (or other command) at a time; a killed one's script may still be running here.
# 300 s are longer than a member's own step takes (120 s, unless its database is large), with another one before it.
lock() {
  install -d -m 0700 "$locks"
  exec 9>"$locks/$1.lock"
  flock -w 300 9 || fail "another pulumi up, or npm run defrag, has been at work on $1 for 300 s. Wait for it, or end it, and try again"
}

# free_mib FOLDER: what is free on its disk.
free_mib() { df --output=avail --block-size=1M "$1" | tail -n 1 | tr -d ' '; }

# existing_part FOLDER: what of its path there is.
existing_part() {
  local folder=$1
  while [[ ! -d $folder ]]; do folder=$(dirname "$folder"); done
  echo "$folder"
}

# number NAME JSON, field NAME JSON: a number and a text of a flat JSON object.
number() { sed -n "s/.*\"$1\" *: *\([0-9]*\).*/\1/p" <<<"$2"; }
field() { sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" <<<"$2"; }

# The characters of names, ids, versions and times: what a file or a process says is a stranger's word.
word() {
  local text
  IFS= read -r -d '' text || true
  text=${text//[!A-Za-z0-9_.\/:+-]/}
  printf '%s' "${text:0:200}"
}
