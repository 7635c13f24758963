# Asks every member of the cluster, over TLS, and prints what they say as one JSON document. Ends
# with 1 when the cluster is not healthy, after it has waited for that.
# shellcheck shell=bash

# Arguments, all of them texts.
binaries=  # the folder of etcdctl
config=    # the folder of the certificates
tls=       # true or false
endpoints= # of all members, separated by commas
patience=0 # how long the cluster may take to be healthy, in seconds
# shellcheck disable=SC2034 # what the members did last: when one has changed, Pulumi looks again
after=

health() {
  take_arguments "$@"
  etcdctl=(timeout 20 "$binaries/etcdctl" "--endpoints=$endpoints" --dial-timeout=2s --command-timeout=5s)
  local pki=$config/pki deadline=$((SECONDS + patience)) verdict=0
  [[ $tls != true ]] || etcdctl+=(--cacert="$pki/ca.crt" --cert="$pki/operator.crt" --key="$pki/operator.key")
  until ask; do
    # An alarm does not go by waiting.
    if ((SECONDS >= deadline)) || [[ ${answers[2]} == *'"alarm":'* ]]; then
      verdict=1
      break
    fi
    sleep 0.5
  done
  printf '{"health":%s,"status":%s,"alarms":%s,"members":%s,"snapshots":%s,"now":%s}\n' "${answers[@]}" "$(date +%s)"
  ((verdict == 0)) || fail "the cluster is not healthy: ${errors:-an alarm is raised}"
}

# One linearizable read on each member, what each says of itself, the alarms, the membership, what
# became of the last snapshots: asked side by side, since a member that does not answer takes its time with each.
ask() {
  local folder index
  local questions=("endpoint health" "endpoint status" "alarm list" "member list" "get --prefix etcd-by-pulumi/snapshot/")
  local asked=() healthy=0
  folder=$(mktemp -d)
  for index in "${!questions[@]}"; do
    # shellcheck disable=SC2086 # two words
    "${etcdctl[@]}" --write-out=json ${questions[index]} >"$folder/$index" 2>/dev/null &
    asked+=("$!")
  done
  answers=()
  for index in "${!questions[@]}"; do
    # What became of snapshots decides nothing: where access is controlled, the operator may not read it.
    wait "${asked[index]}" || ((index == 4)) || healthy=1
    answers+=("$(cat "$folder/$index")")
    answers[index]=${answers[index]:-null}
  done
  rm -r "$folder"
  errors=$(grep -o '"error":"[^"]*"' <<<"${answers[0]}" | sort -u | tr '\n' ' ' || true)
  [[ $healthy == 0 && ${answers[2]} != *'"alarm":'* ]]
}
