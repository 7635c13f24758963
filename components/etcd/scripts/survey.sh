# Prints what a machine has of its member as one JSON document, and changes nothing.
# shellcheck shell=bash

# Arguments, all of them texts.
service= # the systemd unit's name, without ".service"
config=  # the folder of the certificates
data=    # the data directory

survey() {
  take_arguments "$@"
  # What a killed update's script is still doing here has to end before the answer is worth anything.
  lock "$service"
  local pid has_data=false
  pid=$(systemctl show --property=MainPID --value "$service")
  [[ -z $(find "$data/member" -mindepth 1 -print -quit 2>/dev/null) ]] || has_data=true
  printf '{"unit":"%s","running":"%s","hasData":%s,"certificate":"%s"}\n' \
    "$(encoded "/etc/systemd/system/$service.service")" \
    "$([[ $pid == 0 ]] || tr '\0' '\n' <"/proc/$pid/environ" | grep -E '^(UNIT_DIGEST|TRUSTED_CAS)=' | base64 -w 0)" \
    "$has_data" \
    "$(encoded "$config/pki/server.crt")"
}

encoded() { [[ ! -f $1 ]] || base64 -w 0 "$1"; }
