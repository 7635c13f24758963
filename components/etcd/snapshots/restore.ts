import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Machine } from "../../machines/machine";
import { type ClusterIdentity, identityArguments } from "../identity";
import { uploadFolder } from "../files";
import { initialCluster, type MemberPlan } from "../plan";
import { scriptCommand, scriptInput } from "../scripts";
import { credentialsText } from "./files";
import { s3Location } from "./location";
import type { RestoreRequest, SnapshotPlan } from "./plan";

export interface RestoreArgs {
  readonly identity: ClusterIdentity;
  readonly version: string;
  readonly binaries: string;
  readonly plan: pulumi.Output<MemberPlan>;
  /** Of all members, in their order. */
  readonly plans: pulumi.Output<readonly MemberPlan[]>;
  readonly snapshots: SnapshotPlan;
  readonly restore: RestoreRequest;
  /** Who begins from it: whoever is added later joins. */
  readonly restored: pulumi.Output<readonly string[]>;
}

/** A command that does nothing. */
const nothing = "true";

/** Whether the request names a file on the machine that runs Pulumi. */
export function isUploaded({ from }: RestoreRequest): boolean {
  return from !== "" && s3Location(from) === undefined;
}

/**
 * A snapshot brought to a member's machine, checked, and made a data directory beside the member's own, if the
 * member is one of those that it was asked for.
 * Done once for each request: Pulumi's state remembers it, and nothing but another request does it again.
 * @param name what is made for the member is called so, and what it is
 */
export function prepareRestore(
  name: string,
  machine: Machine,
  args: RestoreArgs,
  opts: pulumi.CustomResourceOptions,
): remote.Command {
  const { restore } = args;
  const { region, endpoint, keys } = args.snapshots.s3;
  const object = s3Location(restore.from);
  const upload = object === undefined ? uploadSnapshot(name, machine, restore, opts) : undefined;
  const command = pulumi
    .all([
      pulumi.all([args.identity.id, args.plan, args.plans]),
      pulumi.all([machine.dataVolume?.device ?? "", region]),
      args.restored,
    ])
    .apply(([[id, plan, plans], [device, regionName], restored]) => {
      if (!restored.includes(plan.name)) {
        return nothing;
      }
      return scriptCommand("restore", {
        ...identityArguments(args.identity, id),
        name: plan.name,
        version: args.version,
        binaries: args.binaries,
        service: plan.service,
        config: plan.configDirectory,
        data: plan.dataDirectory,
        device,
        peer_url: plan.peerUrl,
        initial_cluster: initialCluster(plans),
        token: `${id}-${restore.id}`,
        restore: restore.id,
        ...(object && { ...object, region: regionName, endpoint }),
        ...(upload && { uploaded: upload.path }),
        over: restore.overData,
      });
    });
  return new remote.Command(
    `${name}-restore`,
    {
      connection: machine.connection,
      create: command,
      // What has been restored stays so, whatever else changes.
      update: nothing,
      triggers: [restore.id],
      stdin: pulumi.secret(
        credentialsText(keys).apply((credentials) => scriptInput("restore", { credentials })),
      ),
      addPreviousOutputInEnv: false,
      logging: remote.Logging.Stderr,
    },
    upload ? { ...opts, dependsOn: upload.resource } : opts,
  );
}

function uploadSnapshot(
  name: string,
  machine: Machine,
  { from, id }: RestoreRequest,
  opts: pulumi.CustomResourceOptions,
) {
  const path = `${uploadFolder}/${machine.name}-${id}.db`;
  const resource = new remote.CopyToRemote(
    `${name}-snapshot`,
    {
      connection: machine.connection,
      source: new pulumi.asset.FileAsset(from),
      remotePath: path,
      triggers: [id],
    },
    opts,
  );
  return { resource, path };
}
