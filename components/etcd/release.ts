import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { Machine } from "../machine";
import { scriptCommand, scriptInput } from "./scripts";

/** A release brought to a machine, checked and unpacked; nothing is started or stopped by it. */
export function stageRelease(
  machine: Machine,
  release: { version: string; url: string },
  opts: pulumi.ComponentResourceOptions,
): remote.Command {
  const command = machine.id.apply((id) =>
    scriptCommand("stage", release.version, release.url, id),
  );
  return new remote.Command(
    `${machine.name}-release`,
    {
      connection: machine.connection,
      create: command,
      update: command,
      stdin: scriptInput("stage"),
      addPreviousOutputInEnv: false,
      logging: remote.Logging.Stderr,
    },
    { ...opts, dependsOn: machine.readyAfter },
  );
}
