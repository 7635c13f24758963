// npm run client: what a client of the cluster is given, as files.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { runCommand, UsageError } from "./commandLine";

const usage = `npm run client -- NAME               writes what a client is given into .etcd/STACK/NAME, for its owner alone:
                                    ca.pem, client.pem, client-key.pem, and connection, which is what it reads
npm run client -- NAME --to FOLDER  into that folder
npm run client -- NAME --stack STACK, --cluster CLUSTER

NAME is one of the setting clients. With a new certificate it is run again.`;

const options = {
  to: { type: "string" },
  cluster: { type: "string" },
  stack: { type: "string", short: "s" },
} as const;

runCommand({ name: "client", usage, options }, async ({ to, stack, cluster }, words) => {
  const [name, ...rest] = words;
  if (name === undefined || rest.length > 0) {
    throw new UsageError(`expected the name of one client, got ${words.join(" ") || "nothing"}`);
  }
  const { clientFolder } = await import("../components/etcd/connections.js");
  const { readStack } = await import("./stack.js");
  const outputs = await readStack(stack, cluster);
  const given = outputs.clients?.[name];
  const connection = outputs.connections?.[name];
  if (given === undefined || connection === undefined) {
    const names = Object.keys(outputs.clients ?? {}).sort();
    throw new Error(
      `the stack has no client ${name}${names.length > 0 ? `: it has ${names.join(", ")}` : ""}. Add it to the setting clients, and run pulumi up`,
    );
  }
  const usual = clientFolder(path.posix.basename(outputs.stack), name);
  const folder = to ?? usual;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = {
    "ca.pem": outputs.caCertPem,
    "client.pem": given.certPem,
    "client-key.pem": given.keyPem,
    connection: connection.replaceAll(usual, folder),
  };
  for (const [file, text] of Object.entries(files)) {
    const whole = path.join(folder, file);
    // One that is there may be for others to read.
    rmSync(whole, { force: true });
    writeFileSync(whole, text, { mode: 0o600 });
  }
  console.log(`${folder}: ${Object.keys(files).join(", ")}`);
});
