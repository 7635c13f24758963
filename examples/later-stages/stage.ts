// What the later stages here share: they read the cluster's stack, and put a consumer of it onto machines.
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { quote } from "../../components/etcd/scripts";

export const config = new pulumi.Config();

/** A machine that exists: Debian or another one with systemd and curl, and a user who may become root. */
export interface Server {
  readonly name: string;
  readonly address: string;
  /** As a line of authorized_keys holds it. */
  readonly hostKey: string;
}

const cluster = new pulumi.StackReference(config.require("cluster"));

export const servers = config.requireObject<Server[]>("servers");

/** A file beside a program. */
export const textIn = (folder: string, name: string) =>
  readFileSync(path.join(folder, name), "utf8");

/** Texts by the paths that they have on a machine. */
export type Files = Readonly<Record<string, string>>;

/** What later stages read of the cluster's stack. */
interface ClusterOutputs {
  readonly stack: string;
  readonly caCertPem: string;
  /** The password is "" where a client is known by its certificate. */
  readonly clients: Readonly<Record<string, { certPem: string; keyPem: string; password: string }>>;
  readonly connections: Readonly<Record<string, string>>;
}

/** What a client of the cluster reads. */
export interface ClientFiles {
  /** ca.pem, client.pem and client-key.pem. */
  readonly files: Files;
  /** The lines by which it finds the cluster, and these files. */
  readonly connection: string;
  readonly password: string;
}

/**
 * Secret. What a client of the cluster reads.
 * @param name one of the setting `clients` of the cluster's stack
 * @param folder where its files are to lie on a machine
 */
export function clientOf(name: string, folder: string): pulumi.Output<ClientFiles> {
  const read = (output: keyof ClusterOutputs) => cluster.requireOutput(output);
  const outputs = {
    stack: read("stack"),
    caCertPem: read("caCertPem"),
    clients: read("clients"),
    connections: read("connections"),
  };
  return pulumi.all(outputs).apply((all) => clientIn(all as ClusterOutputs, name, folder));
}

/** @throws RunError where the cluster has no such client */
export function clientIn(
  { stack, caCertPem, clients, connections }: ClusterOutputs,
  name: string,
  folder: string,
): ClientFiles {
  const [client, connection] = [clients[name], connections[name]];
  if (client === undefined || connection === undefined) {
    throw new pulumi.RunError(
      `${stack} has no client ${name}: add it to its setting clients (docs/clients.md), and run pulumi up there`,
    );
  }
  return {
    files: {
      [`${folder}/ca.pem`]: caCertPem,
      [`${folder}/client.pem`]: client.certPem,
      [`${folder}/client-key.pem`]: client.keyPem,
    },
    // There they lie in the folder that npm run client writes to.
    connection: connection.replaceAll(`.etcd/${path.posix.basename(stack)}/${name}`, folder),
    password: client.password,
  };
}

/** How a consumer gets onto a machine, and away again. */
interface Consumer {
  /** Who runs it, and may read its files. */
  readonly user: string;
  /** Of systemd, which end with it. */
  readonly units: readonly string[];
  /** The folder of its program here, with install.sh. */
  readonly program: string;
  /** Variables of install.sh, which a preview shows. */
  readonly settings: Readonly<Record<string, string>>;
  readonly files: pulumi.Input<Files>;
}

/**
 * Runs a program's install.sh on a machine, also when something of it has changed.
 * @returns its health, which is what install.sh prints
 */
export function install(
  server: Server,
  { user, units, program, settings, files }: Consumer,
): pulumi.Output<unknown> {
  const words = Object.entries({ user, ...settings }).map(([key, value]) =>
    quote(`${key}=${value}`),
  );
  const command = ["sudo -n env", ...words, "bash -s"].join(" ");
  const installed = new remote.Command(server.name, {
    connection: {
      host: server.address,
      user: config.get("sshUser") ?? "ubuntu",
      privateKey: config.requireSecret("sshPrivateKey"),
      hostKey: server.hostKey,
    },
    create: command,
    update: command,
    delete: `sudo -n systemctl disable --now ${units.join(" ")}`,
    // By what bash reads, never by a command line: keys are among the files.
    stdin: pulumi.secret(
      pulumi
        .output(files)
        .apply((all) =>
          [
            textIn(__dirname, "common.sh"),
            placing(all),
            `{\n${textIn(program, "install.sh")}exit\n}`,
          ].join("\n"),
        ),
    ),
    addPreviousOutputInEnv: false,
    logging: remote.Logging.Stderr,
  });
  // What comes of a secret is one, unless somebody knows that it tells nothing of it.
  return pulumi.unsecret(installed.stdout).apply((text) => JSON.parse(text) as unknown);
}

const endOfFile = "--- end of file ---";

/** The function by which install.sh writes the files. */
export function placing(files: Files): string {
  const texts = Object.entries(files).map(
    ([file, text]) => `put ${file} <<'${endOfFile}'\n${text.trimEnd()}\n${endOfFile}`,
  );
  return ["place_files() {", ...texts, "}"].join("\n");
}
