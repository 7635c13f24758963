import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Machine } from "../machine";
import { scriptCommand, scriptInput } from "./scripts";

/** Where etcd's binaries come from. */
export type ReleaseSource =
  /** A release page or a mirror of one, which the machines download from. */
  | { readonly kind: "release"; readonly url: string }
  /** The distribution's packages. */
  | { readonly kind: "package" }
  /** A release's tarball on the machine that runs Pulumi, for machines without internet. */
  | { readonly kind: "file"; readonly path: string };

/** The folder of etcd and etcdctl. Releases lie side by side, and a unit names the one that it runs. */
export function binariesOf(source: ReleaseSource, version: string): string {
  return source.kind === "package" ? "/usr/bin" : `/opt/etcd/v${version}/bin`;
}

/** etcd brought to a machine and checked; nothing is started or stopped by it. */
export function stageRelease(
  machine: Machine,
  version: string,
  source: ReleaseSource,
  opts: pulumi.ComponentResourceOptions,
): remote.Command {
  const resource = `${machine.name}-release`;
  const options = { ...opts, dependsOn: machine.readyAfter };
  switch (source.kind) {
    case "release":
      return command(resource, "stage", machine, { version, url: source.url }, options);
    case "package":
      return command(resource, "package", machine, { version }, options);
    case "file": {
      const upload = uploadRelease(machine, source.path, options);
      const { tarball, sha256 } = upload;
      const args = { version, tarball, sha256 };
      return command(resource, "stage", machine, args, { ...opts, dependsOn: upload.resource });
    }
  }
}

function command(
  name: string,
  script: "stage" | "package",
  machine: Machine,
  args: Record<string, string>,
  opts: pulumi.CustomResourceOptions,
): remote.Command {
  const text = machine.id.apply((id) => scriptCommand(script, { ...args, machine: id }));
  return new remote.Command(
    name,
    {
      connection: machine.connection,
      create: text,
      update: text,
      stdin: scriptInput(script),
      addPreviousOutputInEnv: false,
      logging: remote.Logging.Stderr,
    },
    opts,
  );
}

/** The tarball goes to the user's own temporary file: the script checks it and takes it from there. */
function uploadRelease(machine: Machine, file: string, opts: pulumi.CustomResourceOptions) {
  const sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
  const tarball = `/var/tmp/${machine.name}-${path.basename(file)}`;
  const resource = new remote.CopyToRemote(
    `${machine.name}-upload`,
    {
      connection: machine.connection,
      source: new pulumi.asset.FileAsset(file),
      remotePath: tarball,
      // Another machine is blank again.
      triggers: [machine.id],
    },
    opts,
  );
  return { resource, tarball, sha256 };
}
