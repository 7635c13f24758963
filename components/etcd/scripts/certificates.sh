# A member's certificates and keys on its machine.
# shellcheck shell=bash

# All certificates and keys change in one rename: etcd reads them at each handshake, and must never
# find a certificate beside another one's key.
place_certificates() {
  local set pki=$config/pki
  receive_files
  base64 --decode "$staging/revoked.crl.base64" >"$staging/revoked.crl"
  set=pki-$(cd "$staging" && sha256sum ca.crt revoked.crl server.crt server.key peer-ca.crt peer.crt peer.key operator.crt operator.key | sha256sum | cut -c 1-16)
  if [[ $(readlink "$pki" || true) != "$set" || ! -d $config/$set ]]; then
    install -d -m 0755 "$staging/$set"
    (
      cd "$staging" || exit
      # Certificates are no secret, but the CIS benchmark has them so (1.1.20), and nobody else here needs them.
      install -m 0600 -o etcd -g etcd ca.crt revoked.crl server.crt server.key peer-ca.crt peer.crt peer.key "$set"
      install -m 0600 -o root -g root operator.crt operator.key "$set"
    )
    rm -rf "$config/${set:?}"
    mv -T "$staging/$set" "$config/$set"
    ln -s "$set" "$staging/link"
    mv -T "$staging/link" "$pki"
    say "certificates placed"
  fi
  certificates=${set#pki-}
  find "$config" -mindepth 1 -maxdepth 1 -name 'pki-*' ! -name "$set" -exec rm -rf {} +
}
