# Asks every member of the cluster, over TLS, and prints what they say as one JSON document. Ends
# with 1 when the cluster is not healthy, after it has waited for that.
# shellcheck shell=bash source=common.sh

# health VERSION ENDPOINTS SECONDS
health() {
  etcdctl=(timeout 20 "/opt/etcd/v$1/bin/etcdctl" "--endpoints=$2" --cacert=/etc/etcd/pki/ca.crt
    --cert=/etc/etcd/pki/operator.crt --key=/etc/etcd/pki/operator.key --dial-timeout=2s --command-timeout=5s)
  local deadline=$((SECONDS + $3)) verdict=0
  until ask; do
    if ((SECONDS >= deadline)); then
      verdict=1
      break
    fi
    sleep 0.5
  done
  printf '{"health":%s,"status":%s,"alarms":%s,"members":%s}\n' "${answers[@]}"
  ((verdict == 0)) || say "the cluster is not healthy: ${errors:-an alarm is raised}"
  return "$verdict"
}

# One linearizable read on each member, what each says of itself, the alarms, the membership.
ask() {
  local healthy=0 question output
  answers=() errors=
  for question in "endpoint health" "endpoint status" "alarm list" "member list"; do
    # shellcheck disable=SC2086 # two words
    output=$("${etcdctl[@]}" --write-out=json $question 2>/dev/null) || healthy=1
    answers+=("${output:-null}")
  done
  ((healthy == 0)) || errors=$("${etcdctl[@]}" endpoint health 2>&1 | tr '\n' ' ' || true)
  [[ $healthy == 0 && ${answers[2]} != *'"alarm":'* ]]
}
