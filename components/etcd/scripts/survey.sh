# Prints what a machine has of its member as one JSON document, and changes nothing.
# shellcheck shell=bash

# Arguments, all of them texts, and those of the parts that it is made of.
config= # the folder of the certificates

survey() {
  take_arguments "$@"
  # What a killed update's script is still doing here has to end before the answer is worth anything.
  lock "$service"
  local data_there=false
  ! has_data || data_there=true
  printf '{"unit":"%s","trusted":"%s","hasData":%s,"certificate":"%s"}\n' \
    "$(encoded "/etc/systemd/system/$service.service")" \
    "$(running_variable TRUSTED_CAS)" \
    "$data_there" \
    "$(encoded "$config/pki/server.crt")"
}

encoded() { [[ ! -f $1 ]] || base64 -w 0 "$1"; }
