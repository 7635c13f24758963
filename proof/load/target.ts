/** A member as its clients see it. The stack's output `members` fits. */
export interface Member {
  readonly name: string;
  /** http://… or https://… */
  readonly clientUrl: string;
}

/** What a client is and trusts, as PEM. Not used with http:// URLs. The stack's outputs fit. */
export interface Credentials {
  /** One certificate or, during a rotation, several. */
  readonly caCertPem: string;
  readonly clientCertPem: string;
  readonly clientKeyPem: string;
}

/** A cluster to be a client of. */
export interface Target {
  readonly members: readonly Member[];
  readonly credentials?: Credentials;
}

/** A cluster by its stack's outputs. */
export function targetOf(outputs: Credentials & Pick<Target, "members">): Target {
  return { members: outputs.members, credentials: outputs };
}
