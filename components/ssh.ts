/** A bastion: the machine through which the others are reached. */
export interface Bastion {
  readonly host: string;
  readonly user: string;
  readonly port: number;
  /** Its host key, as a line of authorized_keys holds it. */
  readonly hostKey: string;
}

/** How machines are logged in to and known, as the settings name it; "" is none. */
export interface SshSettings {
  readonly sshPrivateKey: string;
  readonly sshPassword: string;
  /** Lines of known_hosts. */
  readonly knownHosts: string[];
  readonly verifyHostKeys: boolean;
  readonly bastion: Bastion | undefined;
  readonly bastionPrivateKey: string;
}

/** Host keys, any of which a machine may show; undefined without the first one, which nobody has to verify then. */
export function eitherKey(first: string | undefined, other: string | undefined) {
  return first === undefined || !other || first === other ? first : `${first}\n${other}`;
}
