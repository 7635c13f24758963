import * as path from "node:path";
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Machine } from "../machines/machine";
import { type ClusterIdentity, identityArguments } from "./identity";
import type { MemberPlan } from "./plan";
import { type Checksums, fileSha256 } from "./releaseChecksums";
import { type Bundle, scriptCommand, scriptInput } from "./scripts";

/** Where etcd's binaries come from. */
export type ReleaseSource =
  /** A release page or a mirror of one, which the machines download from. */
  | {
      readonly kind: "release";
      readonly url: string;
      /** What they have to be; undefined where a SHA256SUMS beside them is believed. */
      readonly checksums: Checksums | undefined;
    }
  /** The distribution's packages. */
  | { readonly kind: "package" }
  /** A release's tarball on the machine that runs Pulumi, for machines without internet. */
  | { readonly kind: "file"; readonly path: string };

export interface StageArgs {
  readonly version: string;
  readonly source: ReleaseSource;
  /** Whose machine it becomes. */
  readonly identity: ClusterIdentity;
  readonly plan: pulumi.Output<MemberPlan>;
  /** A folder for what is uploaded after it, or "". */
  readonly uploads: string;
  /** The certificates and their keys. */
  readonly certificates: pulumi.Output<Bundle>;
}

/**
 * A machine made the cluster's, its data volume mounted, etcd and certificates brought to it and checked;
 * nothing is started or stopped by it.
 * @param name what is made for the member is called so, and what it is
 */
export function stage(
  name: string,
  machine: Machine,
  { version, source, identity, plan, uploads, certificates }: StageArgs,
  opts: pulumi.CustomResourceOptions,
): remote.Command {
  const options = { ...opts, dependsOn: machine.readyAfter };
  const upload =
    source.kind === "file" ? uploadRelease(name, machine, source.path, options) : undefined;
  const command = pulumi
    .all([identity.id, plan, machine.incarnation, pulumi.output(machine.dataVolume)])
    .apply(([id, member, incarnation, volume]) =>
      scriptCommand("stage", {
        ...identityArguments(identity, id),
        version,
        from: source.kind,
        ...(source.kind === "release" && {
          url: source.url,
          ...(source.checksums && {
            sha256_amd64: source.checksums.amd64,
            sha256_arm64: source.checksums.arm64,
          }),
        }),
        ...(upload && { tarball: upload.tarball, sha256: upload.sha256 }),
        service: member.service,
        config: member.configDirectory,
        data: member.dataDirectory,
        ...(volume && { device: volume.device, device_gib: volume.sizeGiB }),
        tls: member.tls,
        ...(uploads && { uploads }),
        machine: incarnation,
      }),
    );
  return new remote.Command(
    `${name}-stage`,
    {
      connection: machine.connection,
      create: command,
      update: command,
      stdin: pulumi.secret(certificates.apply((files) => scriptInput("stage", files))),
      addPreviousOutputInEnv: false,
      logging: remote.Logging.Stderr,
    },
    upload ? { ...opts, dependsOn: upload.resource } : options,
  );
}

/**
 * The tarball goes to the SSH user's home, where the script, which begins there, too, checks it and takes it from: in a
 * folder that everybody may write to, anybody could have made a file of that name.
 */
function uploadRelease(
  name: string,
  machine: Machine,
  file: string,
  opts: pulumi.CustomResourceOptions,
) {
  const sha256 = fileSha256(file);
  const tarball = `.${machine.name}-${path.basename(file)}`;
  const resource = new remote.CopyToRemote(
    `${name}-upload`,
    {
      connection: machine.connection,
      source: new pulumi.asset.FileAsset(file),
      remotePath: tarball,
      // Another machine is blank again.
      triggers: [machine.incarnation],
    },
    opts,
  );
  return { resource, tarball, sha256 };
}
