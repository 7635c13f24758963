import * as pulumi from "@pulumi/pulumi";
import { types } from "@pulumi/command";

/** How a machine is reached: a provider's SSH connection, host key included. */
export interface Connection extends types.input.remote.ConnectionArgs {
  /** Not an output as a whole: its keys are secret, the rest of it is not. */
  readonly proxy?: types.input.remote.ProxyConnectionArgs;
}

/**
 * What a cluster needs to know of a machine, whoever made it: EC2, a person's own hardware or a
 * test. Names and private addresses are plain strings, so that everything that follows from them
 * is known in a preview.
 */
export interface Machine {
  /** The host name, unique in the cluster; also the member's name. */
  readonly name: string;
  /** The address on which the other members and the clients reach it. */
  readonly privateIp: string;
  /** A public address, or "" where it has none. */
  readonly publicIp: pulumi.Output<string>;
  /** The id that its maker knows it by. */
  readonly id: pulumi.Output<string>;
  readonly connection: Connection;
  /** The block device for the data, by a path that stays; without one, the data is on the root disk. */
  readonly dataDevice?: pulumi.Output<string>;
  /** What must exist before the machine can be used. */
  readonly readyAfter: pulumi.Resource[];
}
