# Prints what a machine has of its member, and what the members say to it, as one JSON document, and
# changes nothing.
# shellcheck shell=bash

# Arguments, all of them texts, and those of the parts that it is made of.
endpoints= # the client URLs of all members that are known, separated by commas

observe() {
  take_arguments "$@"
  # What a killed update's script is still doing here has to end before the answer is worth anything.
  lock "$service"
  check_mounted
  make_staging "${TMPDIR:-/tmp}"
  find_etcdctl
  ask_members
  printf '{"format":1,"now":%s,"cluster":%s,"dataCluster":"%s","hasData":%s,"restoreWaiting":"%s","unit":"%s","process":%s,"certificate":"%s","freeMiB":%s,"answers":%s,"errors":%s}\n' \
    "$(date +%s)" "$(record)" "$(data_cluster)" "$(if has_data; then echo true; else echo false; fi)" \
    "$(restore_waiting)" "$(encoded "$units/$service.service")" "$(process)" "$(encoded "$config/pki/server.crt")" \
    "$(free_mib "$(existing_part "$data")")" "$(encoded_all "")" "$(encoded_all .errors)"
}

# --- the machine -------------------------------------------------------------------------------

record() {
  printf '{"id":"%s","name":"%s","stack":"%s","founded":"%s","restored":"%s"}' \
    "$(recorded id)" "$(recorded name)" "$(recorded stack)" "$(recorded founded)" "$(recorded restored)"
}

# The restore whose data waits beside the member's, by its id.
restore_waiting() { find "$data" -mindepth 1 -maxdepth 1 -type d -name 'restored-*' -printf '%f\n' 2>/dev/null | sort | sed -n '$s/^restored-//p' | word; }

# What runs, by the process itself: a file may speak of another one.
process() {
  local pid version='' trusts=null said
  pid=$(main_pid)
  if [[ $pid != 0 ]]; then
    version=$(timeout 10 "/proc/$pid/exe" --version 2>/dev/null | sed -n 's/^etcd Version: //p' | word || true)
    said=$(running_variable TRUSTED_CAS)
    [[ -z $said ]] || trusts="\"$(tr -cd '0-9,' <<<"${said#*=}")\""
  fi
  printf '{"pid":%s,"version":"%s","digest":"%s","cluster":"%s","trusts":%s,"quotaBytes":"%s","restarts":%s,"state":"%s"}' \
    "$pid" "$version" "$(digest_of_running)" "$(running_value CLUSTER_ID)" "$trusts" "$(running_quota | word)" \
    "$(of_service NRestarts)" "$(of_service ActiveState)"
}

# existing_part FOLDER: what of its path there is.
existing_part() {
  local folder=$1
  while [[ ! -d $folder ]]; do folder=$(dirname "$folder"); done
  echo "$folder"
}

# --- the members, as they answer here ----------------------------------------------------------

questions=(health status members alarms version)

# A version that is asked for may not have arrived yet: then whatever is here asks.
find_etcdctl() {
  local other
  [[ ! -x $binaries/etcdctl ]] || return 0
  for other in "$(dirname "$(readlink "/proc/$(main_pid)/exe" || true)")" "$releases"/*/bin; do
    [[ ! -x $other/etcdctl ]] || binaries=$other
  done
}

# All at once, each with its answer and its errors in files of its own.
ask_members() {
  local question whom=$endpoints asked=()
  if accepts "$client_url"; then whom=$client_url; fi
  for question in "${questions[@]}"; do
    if [[ -x $binaries/etcdctl ]]; then
      ask "$question" "$whom" >"$staging/$question" 2>"$staging/$question.errors" &
      asked+=("$!")
    else
      : >"$staging/$question"
      echo "there is no etcdctl in $binaries" >"$staging/$question.errors"
    fi
  done
  # That one is not answered is an answer.
  for question in "${asked[@]}"; do wait "$question" || true; done
}

# ask QUESTION ENDPOINTS
ask() {
  case $1 in
    health) ctl "$endpoints" endpoint health --write-out=json ;;
    status) ctl "$endpoints" endpoint status --write-out=json ;;
    members) ctl "$2" member list --write-out=json ;;
    alarms) ctl "$2" alarm list --write-out=json ;;
    version) ask_version ;;
  esac
}

ask_version() {
  local credentials=() pki=$config/pki
  [[ $tls != true ]] || credentials=(--cacert "$pki/ca.crt" --cert "$pki/operator.crt" --key "$pki/operator.key")
  curl --silent --show-error --fail --max-time 3 "${credentials[@]}" "$client_url/version"
}

# encoded_all SUFFIX: a JSON object of what the questions have left in their files; of errors the end.
encoded_all() {
  local question limit=$((256 * 1024)) separator=''
  [[ -z $1 ]] || limit=4096
  printf '{'
  for question in "${questions[@]}"; do
    printf '%s"%s":"%s"' "$separator" "$question" "$(tail --bytes="$limit" "$staging/$question$1" | base64 -w 0)"
    separator=,
  done
  printf '}'
}

encoded() { [[ ! -f $1 ]] || base64 -w 0 "$1"; }
