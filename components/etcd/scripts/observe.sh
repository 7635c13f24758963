# Prints what a machine has of its member, and what the members say to it, as one JSON document, and
# changes nothing.
# shellcheck shell=bash

# Arguments, all of them texts, and those of the parts that it is made of.
endpoints= # the client URLs of all members that are known, separated by commas
asks_access= # true where whether access is controlled is asked, too

observe() {
  local members_asked
  take_arguments "$@"
  [[ $asks_access != true ]] || questions+=(access)
  # What a killed update's script is still doing here has to end before the answer is worth anything.
  lock "$service"
  check_mounted
  make_staging "${TMPDIR:-/tmp}"
  try_for 10 "systemd to tell of $service" see_service
  find_etcdctl
  # All that takes a process of its own is done while the members answer.
  ask_members &
  members_asked=$!
  printf '{"format":1,"now":%s,"cluster":%s,"dataCluster":"%s","hasData":%s,"restoreWaiting":"%s","unit":"%s","certificates":%s,"freeMiB":%s,' \
    "$(now)" "$(record)" "$(data_cluster)" "$(if has_data; then echo true; else echo false; fi)" \
    "$(restore_waiting)" "$(encoded "$units/$service.service")" "$(certificate_files)" "$(free_mib "$(existing_part "$data")")" \
    >"$staging/machine"
  process >"$staging/process"
  wait "$members_asked"
  printf '%s"process":{%s"version":"%s"},"doors":%s,"answers":%s,"errors":%s}\n' \
    "$(<"$staging/machine")" "$(<"$staging/process")" "$(version_that_runs)" "$(doors)" "$(answers "")" "$(answers .errors)"
}

# --- the machine -------------------------------------------------------------------------------

record() {
  printf '{"id":"%s","name":"%s","stack":"%s","founded":"%s","restored":"%s"}' \
    "$(recorded id)" "$(recorded name)" "$(recorded stack)" "$(recorded founded)" "$(recorded restored)"
}

# The restore whose data waits beside the member's, by its id.
restore_waiting() {
  local waiting=''
  compgen -G "$data/restored-*" >/dev/null || return 0
  waiting=$(find "$data" -mindepth 1 -maxdepth 1 -type d -name 'restored-*' -printf '%f\n' | sort | tail -n 1)
  word <<<"${waiting#restored-}"
}

# What runs, by the process itself: a file may speak of another one. All of it but the version.
process() {
  local environ trusts=null said
  environ=$(of_running environ)
  if [[ $'\n'$environ == *$'\n'TRUSTED_CAS=* ]]; then
    said=$'\n'$environ
    said=${said#*$'\n'TRUSTED_CAS=}
    said=${said%%$'\n'*}
    trusts="\"${said//[!0-9,]/}\""
  fi
  printf '"pid":%s,"digest":"%s","cluster":"%s","trusts":%s,"quotaBytes":"%s","restarts":%s,"state":"%s",' \
    "${seen[MainPID]}" "$(value_of UNIT_DIGEST "$environ")" "$(value_of CLUSTER_ID "$environ")" "$trusts" \
    "$(running_quota)" "${seen[NRestarts]}" "${seen[ActiveState]}"
}

# As it tells who asks it; else as its binary does. In a container without CAP_SYS_PTRACE nobody may look at that;
# releases lie side by side, so that the one that it was started from is still the same.
version_that_runs() {
  local version
  [[ ${seen[MainPID]} != 0 ]] || return 0
  version=$(field etcdserver "$(<"$staging/version")" | word)
  [[ -n $version ]] || version=$(version_of "/proc/${seen[MainPID]}/exe")
  [[ -n $version ]] || version=$(version_of "$(of_running cmdline | sed -n 1p)")
  echo "$version"
}

# version_of BINARY: "" where it does not run.
version_of() { as_etcd timeout 10 "$1" --version 2>/dev/null | sed -n 's/^etcd Version: //p' | word || true; }

# --- the members, as they answer here ----------------------------------------------------------

questions=(health status members alarms version)

# A version that is asked for may not have arrived yet: then whatever is here asks.
find_etcdctl() {
  local other
  [[ ! -x $binaries/etcdctl ]] || return 0
  for other in "$(dirname "$(readlink "/proc/${seen[MainPID]}/exe" || true)")" "$releases"/*/bin; do
    [[ ! -x $other/etcdctl ]] || binaries=$other
  done
}

# All at once, each with its answer and its errors in files of its own. Only where somebody listens is
# asked: etcdctl takes all of its time for who does not.
ask_members() {
  local question open whom asked=()
  knock
  open=$(open_doors)
  whom=$open
  [[ ,$open, != *",$client_url,"* ]] || whom=$client_url
  for question in "${questions[@]}"; do
    : >"$staging/$question"
    : >"$staging/$question.errors"
    if [[ -n $open && -x $binaries/etcdctl ]]; then
      answer "$question" "$open" "$whom" &
      asked+=("$!")
    fi
  done
  for question in "${asked[@]}"; do wait "$question"; done
}

# Whether somebody listens at each endpoint: open, refused, or silent (no answer within 3 s, or no way there).
knock() {
  local url asked=()
  install -d "$staging/doors"
  for url in ${endpoints//,/ }; do
    knock_at "$url" >"$staging/doors/${url//\//_}" &
    asked+=("$!")
  done
  for url in "${asked[@]}"; do wait "$url"; done
}

knock_at() {
  local address=${1#*://} said
  if said=$(timeout 3 bash -c "exec 3<>/dev/tcp/${address%:*}/${address##*:}" 2>&1); then
    echo open
  elif [[ $said == *"Connection refused"* ]]; then
    echo refused
  else
    echo silent
  fi
}

# Those that are open, separated by commas.
open_doors() {
  local url separator=''
  for url in ${endpoints//,/ }; do
    [[ $(<"$staging/doors/${url//\//_}") == open ]] || continue
    printf '%s%s' "$separator" "$url"
    separator=,
  done
}

# A JSON object of all of them.
doors() {
  local url separator=''
  printf '{'
  for url in ${endpoints//,/ }; do
    printf '%s"%s":"%s"' "$separator" "$(word <<<"$url")" "$(<"$staging/doors/${url//\//_}")"
    separator=,
  done
  printf '}'
}

# answer QUESTION ALL ANY: leaves the end of what it is answered, and of its errors, in base64. That it is not answered
# is an answer.
answer() {
  ask "$@" >"$staging/$1" 2>"$staging/$1.errors" || true
  encoded_end $((128 * 1024)) "$staging/$1"
  encoded_end 4096 "$staging/$1.errors"
}

# encoded_end BYTES FILE: the last of it; most of them are empty.
encoded_end() { [[ ! -s $2 ]] || tail --bytes="$1" "$2" | base64 -w 0 >"$2.encoded"; }

# ask QUESTION ALL ANY: all that listen, or any of them.
ask() {
  case $1 in
    health) ctl "$2" endpoint health --write-out=json ;;
    status) ctl "$2" endpoint status --write-out=json ;;
    members) ctl "$3" member list --write-out=json ;;
    alarms) ctl "$3" alarm list --write-out=json ;;
    version) ask_version ;;
    access) ctl "$3" auth status --write-out=json ;;
  esac
}

ask_version() {
  local credentials=() pki=$config/pki
  [[ $tls != true ]] || credentials=(--cacert "$pki/ca.crt" --cert "$pki/operator.crt" --key "$pki/operator.key")
  curl --silent --show-error --fail --max-time 3 "${credentials[@]}" "$client_url/version"
}

# answers SUFFIX: a JSON object of what the questions have left in their files.
answers() {
  local question file separator=''
  printf '{'
  for question in "${questions[@]}"; do
    file=$staging/$question$1.encoded
    printf '%s"%s":"%s"' "$separator" "$question" "$([[ ! -e $file ]] || echo "$(<"$file")")"
    separator=,
  done
  printf '}'
}
