import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { utils } from "ssh2";
import type { Connection } from "../machine";
import type { Bastion } from "../../ssh";

export interface AccessArgs {
  readonly clusterName: string;
  /** A person's own key in PEM or OpenSSH form, or "" to make one. */
  readonly sshPrivateKey: pulumi.Input<string>;
  readonly bastion?: Bastion;
  /** The key for the bastion, or "" to use the controllers'. */
  readonly bastionPrivateKey: pulumi.Input<string>;
}

/** The user of Ubuntu's images. */
export const sshUser = "ubuntu";

/** Who can log in to the controllers, and by what way. */
export class Access extends pulumi.ComponentResource {
  readonly keyName: pulumi.Output<string>;
  /** Secret. */
  readonly privateKey: pulumi.Output<string>;
  readonly proxy: Connection["proxy"];
  /** Secret; "" without a bastion. */
  readonly bastionPrivateKey: pulumi.Output<string>;

  constructor(name: string, args: AccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("etcd:aws:Access", name, {}, opts);
    const { privateKey, publicKey } = args.sshPrivateKey === "" ? this.makeKey(name) : given(args);
    this.privateKey = pulumi.secret(privateKey);
    const pair = new ec2.KeyPair(
      `${name}-ssh`,
      {
        keyNamePrefix: `${args.clusterName}-`,
        publicKey,
        tags: { "etcd:cluster": args.clusterName },
      },
      { parent: this },
    );
    this.keyName = pair.keyName;
    this.bastionPrivateKey = pulumi.secret(
      args.bastion === undefined
        ? ""
        : pulumi.all([args.bastionPrivateKey, this.privateKey]).apply(([own, key]) => own || key),
    );
    this.proxy = args.bastion && { ...args.bastion, privateKey: this.bastionPrivateKey };
    this.registerOutputs({ keyName: this.keyName });
  }

  private makeKey(name: string) {
    const key = new tls.PrivateKey(`${name}-ssh`, { algorithm: "ED25519" }, { parent: this });
    return { privateKey: key.privateKeyOpenssh, publicKey: key.publicKeyOpenssh };
  }
}

function given(args: AccessArgs) {
  return {
    privateKey: pulumi.output(args.sshPrivateKey),
    publicKey: pulumi.unsecret(pulumi.output(args.sshPrivateKey)).apply(publicKeyOf),
  };
}

/**
 * The public key of a private one, as a line of authorized_keys.
 * @throws Error where the key cannot be read or needs a passphrase.
 */
export function publicKeyOf(privateKey: string): string {
  const key = utils.parseKey(privateKey);
  if (key instanceof Error) {
    throw key;
  }
  return `${key.type} ${key.getPublicSSH().toString("base64")}`;
}
