/** Where things are on a member's machine. Scripts get these paths as arguments. */
export interface MemberFiles {
  /** The systemd unit's name, without ".service". */
  readonly service: string;
  readonly dataDirectory: string;
  /** Holds `pki`, a link to the current set of certificates. */
  readonly configDirectory: string;
  /** Flags for a member's first start; on a tmpfs, so that a reboot forgets them. */
  readonly firstStartFile: string;
}

/** The folder on a machine that a snapshot from elsewhere is uploaded to; its user's alone. */
export const uploadFolder = "/var/lib/etcd-uploads";

/** A member that shares its machine with others has everything under its own name. */
export function memberFiles(name: string, sharesMachine: boolean): MemberFiles {
  const service = sharesMachine ? `etcd-${name}` : "etcd";
  return {
    service,
    dataDirectory: sharesMachine ? `/var/lib/etcd/${name}` : "/var/lib/etcd",
    configDirectory: sharesMachine ? `/etc/etcd/${name}` : "/etc/etcd",
    firstStartFile: `/run/${service}-first-start/flags`,
  };
}

/** The certificates, keys and list of revoked certificates that etcd reads; the operator's are root's. */
export function certificateFiles(configDirectory: string) {
  const pki = `${configDirectory}/pki`;
  return {
    ca: `${pki}/ca.crt`,
    revoked: `${pki}/revoked.crl`,
    peerCa: `${pki}/peer-ca.crt`,
    operatorCert: `${pki}/operator.crt`,
    operatorKey: `${pki}/operator.key`,
    serverCert: `${pki}/server.crt`,
    serverKey: `${pki}/server.key`,
    peerCert: `${pki}/peer.crt`,
    peerKey: `${pki}/peer.key`,
  };
}
