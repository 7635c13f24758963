# PostgreSQL from Debian, and Patroni from PyPI, or from an archive of wheels where the machine does not reach that.
# shellcheck shell=bash disable=SC2154 # common.sh comes before it, and the command sets the variables

if [[ ! -x /usr/lib/postgresql/$postgresql/bin/postgres ]]; then
  # Patroni makes the database: the package is to make none.
  install -d -m 0755 /etc/postgresql-common
  install -m 0644 /dev/stdin /etc/postgresql-common/createcluster.conf <<<"create_main_cluster = false"
  install_packages "postgresql-$postgresql" python3-{venv,psycopg2,psutil,requests,yaml}
fi
venv=/opt/patroni/$release
if [[ ! -e $venv/whole ]]; then
  from=()
  (
    umask 022
    install -d "$venv"
    python3 -m venv --clear --system-site-packages "$venv"
    if [[ -n $wheels ]]; then
      fetch "$wheels/$release/wheels.tar.gz" "$venv/wheels.tar.gz"
      tar -xzf "$venv/wheels.tar.gz" -C "$venv" --no-same-owner
      from=(--no-index --find-links "$venv/wheels")
    fi
    "$venv/bin/pip" install --quiet --disable-pip-version-check "${from[@]}" "patroni[etcd3]==$release" >&2
    touch "$venv/whole"
  )
fi
ln -sfn "$release/bin" /opt/patroni/bin
place_files
# It reads the etcd certificates again with each connection, and its settings when it is told to; its own program and
# unit at its start alone.
bring_up patroni "$venv/whole" /etc/systemd/system/patroni.service
show_health 180 /opt/patroni/health
