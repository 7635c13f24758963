// Installs the Pulumi CLI, in the version of the SDK, into the folder that it is given. A program of
// its own: the installer knows no limit, and only a process can be ended with all that it started.
import { PulumiCommand } from "@pulumi/pulumi/automation";

PulumiCommand.install({ root: process.argv[2]! }).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
