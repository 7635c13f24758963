# The certificates that lie on a machine.
# shellcheck shell=bash

# Arguments of the scripts that read this.
config= # the folder of the certificates

# A JSON object of them, by their files' names; "" for one that is not there.
certificate_files() {
  local name separator=''
  printf '{'
  for name in ca peer-ca server peer operator; do
    printf '%s"%s":"%s"' "$separator" "$name" "$(encoded "$config/pki/$name.crt")"
    separator=,
  done
  printf '}'
}

# encoded FILE
encoded() { [[ ! -f $1 ]] || base64 -w 0 "$1"; }
