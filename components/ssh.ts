/** A bastion: the machine through which the others are reached. */
export interface Bastion {
  readonly host: string;
  readonly user: string;
  readonly port: number;
  /** Its host key, as a line of authorized_keys holds it. */
  readonly hostKey: string;
}
