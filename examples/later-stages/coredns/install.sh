# CoreDNS under systemd.
# shellcheck shell=bash disable=SC2154 # common.sh comes before it, and the command sets the variables

make_user
program=/opt/coredns/$release/coredns
install -d -m 0755 "${program%/*}"
if [[ ! -x $program ]]; then
  fetch "$download/v$release/coredns_${release}_linux_$(architecture).tgz" "$program.tgz"
  tar -xzf "$program.tgz" -C "${program%/*}" --no-same-owner coredns
  chmod 0755 "$program"
fi
command -v host >/dev/null || install_packages bind9-host
ln -sfn "$release/coredns" /opt/coredns/coredns
place_files
echo "address=$address zone=$zone" | put /etc/coredns/asked
# It reads its Corefile and the certificates again when it is told to, and answers meanwhile.
bring_up coredns "$program" /etc/systemd/system/coredns.service
show_health 60 /opt/coredns/health
