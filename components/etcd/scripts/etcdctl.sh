# Asking etcd, as the operator.
# shellcheck shell=bash

# Arguments of the scripts that read this.
binaries=   # the folder of etcd and etcdctl
config=     # the folder of the certificates
tls=        # true or false
client_url= # the member's own
peer_url=   # the member's own

# Seconds that a member may take to answer; in all 10 more.
patience=5

# ctl ENDPOINTS COMMAND...: etcdctl as the operator, with limits.
ctl() { ctl_for "$patience" "$@"; }

# ctl_for SECONDS ENDPOINTS COMMAND...: the same, for what takes etcd longer.
ctl_for() {
  local seconds=$1 endpoints=$2 credentials=() pki=$config/pki
  shift 2
  [[ $tls != true ]] || credentials=(--cacert="$pki/ca.crt" --cert="$pki/operator.crt" --key="$pki/operator.key")
  timeout $((seconds + 10)) "$binaries/etcdctl" --endpoints="$endpoints" "${credentials[@]}" \
    --dial-timeout="${patience}s" --command-timeout="${seconds}s" "$@"
}

# A linearizable read, answered by this member: it has a leader, and the leader a quorum. That one may not
# read is an answer, too: etcd looks at rights after the linearizable part of a read.
serves() {
  local said
  accepts "$1" || return 1
  said=$(ctl "$1" get --consistency=l etcd-by-pulumi/probe 2>&1 >/dev/null) || is_forbidden "$said"
}

# is_forbidden TEXT: whether etcd says that the operator has no right to it (api/v3rpc/rpctypes/error.go).
is_forbidden() {
  [[ $1 =~ "etcdserver: "("permission denied"|"user name is empty"|"user name not found"|"authentication failed"|"invalid auth token"|"revision of auth store is old") ]]
}

# What whoever is refused by etcd is told.
# shellcheck disable=SC2034 # not every script asks for what may be refused
readonly needs_rights="Where access is controlled, give the operator's user, whom its certificate names, the role root"

# Whether anything listens there. etcdctl does not dial again for a second once it was turned away.
accepts() {
  local address=${1#*://}
  timeout 3 bash -c "exec 3<>/dev/tcp/${address%:*}/${address##*:}" 2>/dev/null
}

# serving URL...: those that serve, a line each. All are asked at once: one that does not takes its time to
# say nothing.
serving() {
  local url asked=()
  for url; do
    serves "$url" &
    asked+=("$!")
  done
  for url; do
    ! wait "${asked[0]}" || echo "$url"
    asked=("${asked[@]:1}")
  done
}

# not_serving URL...: the others, on one line. etcdctl asks all of them at once; only where it does not call each
# one healthy, as where one may not read, they are looked at one by one.
not_serving() {
  local url up down=() all
  (($# > 0)) || return 0
  all=$(IFS=,; echo "$*")
  ! ctl "$all" endpoint health >/dev/null 2>&1 || return 0
  up=$(serving "$@")
  for url; do
    [[ $'\n'$up$'\n' == *$'\n'$url$'\n'* ]] || down+=("$url")
  done
  echo "${down[*]}"
}

# My line in a member list: id, status, name, peer URLs, client URLs, is-learner.
my_entry() { ctl "$1" member list | awk -F', ' -v url="$peer_url" '$4 == url'; }

# tells URL NAME: a number that a member tells of itself, by its name in etcdctl's JSON.
tells() { number "$2" "$(ctl "$1" endpoint status --write-out=json)"; }

# The leader's id as this member sees it, in hexadecimal: "0" without one. Ids are unsigned 64-bit
# numbers, which bash's printf takes as they are.
leader_id() { printf '%x' "$(tells "$1" leader)"; }

# move_leadership ENDPOINT ID...: the leader there hands over to the first of these that takes it, each of
# them tried twice, unless the operator has no right to it. An orderly hand-over stalls writes for
# milliseconds, an election for a second. The last thing that etcd said is in `said`.
move_leadership() {
  local endpoint=$1 target
  shift
  said="there is nobody to hand over to"
  for target in "$@" "$@"; do
    say "moving the leadership to $target"
    ! said=$(ctl "$endpoint" move-leader "$target" 2>&1) || return 0
    said=${said##*$'\n'}
    say "$target did not take it: $said"
    ! is_forbidden "$said" || return 1
  done
  return 1
}
said=
