# Whose this machine is. A name, an address or "Written by Pulumi" identifies nothing: two stacks of one
# file have the same. So a cluster has an id of its own, which is on each of its machines three times: in
# the member's configuration directory, beside its data, and in its unit.
# shellcheck shell=bash

# Arguments of the scripts that read this.
service=      # the systemd unit's name, without ".service"
config=       # the member's configuration directory
data=         # the data directory
cluster=      # the cluster's id: 32 hexadecimal characters
cluster_name= # what people call it
stack=        # the stack that it belongs to: organization/project/stack

# Fails unless this machine has been claimed for this cluster, and nothing on it is another one's.
check_identity() {
  refuse_strangers
  [[ -e $config/cluster ]] ||
    fail "this machine has not been claimed for $(ours): there is no $config/cluster. Nothing was changed. Run pulumi up, without --target, which prepares the machine first"
}

# Makes this machine the cluster's, where it is nobody's yet.
claim_machine() {
  refuse_strangers
  [[ ! -e $config/cluster ]] || return 0
  make_folder "$config"
  printf 'id=%s\nname=%s\nstack=%s\nfounded=\nrestored=\n' "$cluster" "$(word <<<"$cluster_name")" "$(word <<<"$stack")" |
    replace_file "$config/cluster"
  say "this machine is now of $(ours)"
}

refuse_strangers() {
  local why unit=$units/$service.service
  [[ $cluster =~ ^[0-9a-f]{32}$ ]] || fail "the cluster's id is '$(word <<<"$cluster")', expected 32 hexadecimal characters. Nothing was changed"
  why=$(strangers)
  [[ -z $why ]] || fail "${why%%$'\n'*}. Nothing was changed"
  # A link to /dev/null is a masked unit: what installing the packages has left.
  [[ ! -e $unit || $(readlink "$unit") == /dev/null ]] || is_written_by_pulumi "$unit" ||
    fail "$unit exists and was not written by Pulumi: an etcd that somebody else set up. Nothing was changed. Remove it, or use another machine"
}

# What on this machine is of another cluster, or of nobody knows which, a line each.
strangers() {
  strange_record
  strange_unit
  strange_data
}

strange_record() {
  local id
  [[ -e $config/cluster ]] || return 0
  id=$(recorded id)
  [[ $id == "$cluster" ]] ||
    echo "$config/cluster says that this machine belongs to the cluster $(recorded name) ($id) of the stack $(recorded stack), and this is for $(ours). Use another machine; or, if that stack is gone for good and nobody needs its etcd here: sudo rm $config/cluster"
}

strange_unit() {
  local unit=$units/$service.service line id='' name=''
  is_written_by_pulumi "$unit" || return 0
  while IFS= read -r line; do
    case $line in
      Environment=CLUSTER_ID=*) id=$(word <<<"${line#*=*=}") ;;
      "Description=etcd member "*" of cluster "*) name=$(word <<<"${line##* of cluster }") ;;
    esac
  done <"$unit"
  [[ $id == "$cluster" ]] ||
    echo "$unit runs a member of the cluster ${name:-without a name} (${id:-without an id}) of another stack, and this is for $(ours). Use another machine; or, if that stack is gone for good and nobody needs its etcd here: sudo systemctl disable --now $service; sudo rm $unit"
}

strange_data() {
  local id
  id=$(data_cluster)
  [[ -z $id || $id != "$cluster" ]] || return 0
  if [[ -n $id ]]; then
    echo "$data/cluster-id says that the data there is of the cluster $id, and this is for $(ours). Use another machine, or another volume; or, if nobody needs that data: sudo rm -r $data/cluster-id $data/member"
  elif has_data; then
    echo "$data holds the data of an etcd that this stack did not make, or no longer knows: no $data/cluster-id says whose it is, and this is for $(ours). Move $data/member away if nobody needs it: it is never deleted or taken over"
  fi
}

# is_written_by_pulumi FILE
is_written_by_pulumi() {
  local line
  [[ -f $1 ]] || return 1
  while IFS= read -r line; do
    [[ $line != "# Written by Pulumi"* ]] || return 0
  done <"$1"
  return 1
}

ours() { echo "the cluster $(word <<<"$cluster_name") (${cluster:-not made yet})${stack:+ of the stack $(word <<<"$stack")}"; }

# recorded NAME: a line of this machine's record.
recorded() {
  local line
  [[ -f $config/cluster ]] || return 0
  while IFS= read -r line; do
    [[ $line != "$1="* ]] || word <<<"${line#*=}"
  done <"$config/cluster"
}

# mark NAME VALUE: sets one line of this machine's record.
mark() {
  { sed "/^$1=/d" "$config/cluster" && printf '%s=%s\n' "$1" "$2"; } | replace_file "$config/cluster"
}

data_cluster() {
  [[ ! -f $data/cluster-id ]] || word <"$data/cluster-id"
}

# The data travels with its volume: what it says of itself goes with it.
mark_data() {
  [[ $(data_cluster) == "$cluster" ]] || printf '%s\n' "$cluster" | replace_file "$data/cluster-id" as_etcd
}

has_data() { [[ -n $(find "$data/member" -mindepth 1 -print -quit 2>/dev/null) ]]; }

# replace_file FILE [AS]: what comes on standard input takes its place, whole and on the disk, or not at all.
replace_file() {
  local new=$1.new as=(${2:+"$2"})
  "${as[@]}" rm -f "$new"
  "${as[@]}" tee "$new" >/dev/null
  "${as[@]}" chmod 0644 "$new"
  "${as[@]}" sync "$new"
  "${as[@]}" mv -T "$new" "$1"
}

# as_etcd COMMAND...: for what lies in etcd's own folder. One that was taken over may put a link there, which then
# leads nowhere that it could not go by itself.
as_etcd() { (cd / && setpriv --reuid=etcd --regid=etcd --clear-groups -- "$@"); }

# make_folder FOLDER: for all to look into, and the one that it is in.
make_folder() {
  [[ -d $(dirname "$1") ]] || install -d -m 0755 "$(dirname "$1")"
  [[ -d $1 ]] || install -d -m 0755 "$1"
}
