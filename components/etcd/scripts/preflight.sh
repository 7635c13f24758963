# Looks at a machine and changes nothing. Prints what stands in the way of a member, a line each.
# shellcheck shell=bash

# Arguments, all of them texts, and those of the parts that it is made of: `cluster` is empty where the
# cluster has no id yet, and any claimed machine is another's then.
address= # the member's
ports=   # the member's, separated by commas
quota=   # the largest that the database may get, in GiB
package= # true where etcd comes from the distribution's packages
bucket=  # true where snapshots go to one, or come from one
now=     # the time where Pulumi runs, in seconds since 1970
others=  # the ports of members on other machines, NAME=ADDRESS:PORT, separated by commas

preflight() {
  take_arguments "$@"
  check_tools
  check_bucket
  check_clock
  check_address
  check_space "$data" "$((quota * 1024 + 1024 - $(used_mib)))"
  strangers
  check_ways
  # What is ours has its port, and is converged later; whether there is room for another release is then asked by
  # what brings one.
  if ! is_ours; then
    check_space /opt 1024
    check_service
    check_config
    check_ports
  fi
}

find_out() { printf '%s\n' "$*"; }

is_ours() { is_written_by_pulumi "$units/$service.service"; }

check_tools() {
  [[ -d /run/systemd/system ]] || find_out "systemd does not run here, and etcd is to be a systemd unit"
  case $(uname -m) in
    x86_64 | aarch64) ;;
    *) find_out "the machine is a $(uname -m); etcd releases are for x86_64 and aarch64" ;;
  esac
  local missing
  missing=$(missing_tools)
  [[ $missing == "" ]] || find_out "these commands are missing: $missing"
  [[ $package != true ]] || command -v apt-get >/dev/null ||
    find_out "install is package, and there is no apt-get here"
}

check_bucket() {
  if [[ $bucket == true ]] && command -v curl >/dev/null; then why_no_bucket; fi
}

# A certificate that is valid from now on is not valid yet where the clock is behind.
check_clock() {
  local ahead=$(($(date +%s) - now))
  ((ahead > -30 && ahead < 30)) ||
    find_out "the clock is ${ahead#-} s $( ((ahead < 0)) && echo behind || echo ahead) of the machine that runs Pulumi: certificates would not be valid here. Set it, or let NTP do it"
}

check_address() {
  [[ $address == localhost ]] || ! command -v ip >/dev/null || ip -o addr show | grep -F " $address/" >/dev/null ||
    find_out "the address $address is not on any interface of this machine"
}

# check_space FOLDER MIB
check_space() {
  local folder=$1 free
  while [[ ! -d $folder ]]; do folder=$(dirname "$folder"); done
  free=$(free_mib "$folder")
  ((free >= $2)) || find_out "$folder has $free MiB free, expected $2 MiB"
}

# What the member has of its disk already.
used_mib() {
  if has_data; then du --summarize --block-size=1M "$data/member" | cut -f 1; else echo 0; fi
}

# That other members' ports can be reached from here. Nothing may listen there yet: that a connection is turned
# away says that it has come there, unless a firewall is polite enough to say so in its place.
check_ways() {
  local other asked=()
  for other in ${others//,/ }; do
    check_way "${other%%=*}" "${other#*=}" &
    asked+=("$!")
  done
  for other in "${asked[@]}"; do wait "$other"; done
}

# check_way NAME ADDRESS:PORT
check_way() {
  local said why="no answer within 5 s"
  ! said=$(timeout 5 bash -c "exec 3<>/dev/tcp/${2%:*}/${2##*:}" 2>&1) || return 0
  case $said in
    *"Connection refused"*) return 0 ;;
    *"No route to host"* | *"Network is unreachable"*) why="no way there" ;;
  esac
  find_out "port ${2##*:} of $1 (${2%:*}) cannot be reached from here: $why. Look for a firewall here, there or between: members need each other's ports 2379 and 2380, or those that the settings give them"
}

check_service() {
  local file
  file=$(systemctl show --property=FragmentPath --value "$service" 2>/dev/null || true)
  [[ -z $file || $file == /dev/null ]] ||
    find_out "there is an $service.service already ($file, $(systemctl is-active "$service" || true)) that this stack did not make. Remove it, or use another machine"
}

check_config() {
  [[ ! -e $config/pki || -L $config/pki ]] ||
    find_out "$config/pki is there, and this stack did not make it. Move it away"
}

check_ports() {
  local port owner
  command -v ss >/dev/null || return 0
  for port in ${ports//,/ }; do
    owner=$(ss -Hltnp "sport = :$port" | awk 'NR == 1 { print $NF }')
    [[ -z $owner ]] || find_out "port $port is in use by $owner"
  done
}
