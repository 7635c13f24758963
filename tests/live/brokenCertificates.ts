import { ownCluster } from "../../components/settings/names";
import { readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { createTls } from "../../lab/inprocess/tls";
import type { PulumiEngine } from "../../lab/pulumiEngine";
import { LiveMachine } from "../../components/etcd/remote/machine";
import { runOverSsh } from "../../components/etcd/remote/ssh";
import type { StackOutputs } from "../../operator/stack";
import { tempFolder } from "../tempFolder";

interface State {
  deployment: {
    resources: {
      urn: string;
      type: string;
      inputs: Record<string, unknown>;
      outputs: Record<string, unknown>;
    }[];
  };
}

const leaf = "tls:index/locallySignedCert:LocallySignedCert";

/**
 * As if the stack had been forgotten for longer than a certificate lives: every member gets
 * certificates that have expired, and restarts with them; the state says that they have, too.
 */
export async function breakCertificates(
  engine: PulumiEngine,
  outputs: StackOutputs,
): Promise<void> {
  const folder = tempFolder();
  const exported = async (...args: string[]): Promise<State> => {
    const file = path.join(folder, "state.json");
    await succeed(engine, ["stack", "export", "--file", file, ...args]);
    return JSON.parse(readFileSync(file, "utf8")) as State;
  };
  const plain = await exported("--show-secrets");
  for (const { name } of outputs.members) {
    for (const purpose of ["server", "peer"]) {
      const certificate = await expired(plain, `${ownCluster}-${name}-${purpose}`);
      await write(outputs, name, `/etc/etcd/pki/${purpose}.crt`, certificate);
    }
  }
  for (const { name } of outputs.members) {
    const { target } = new LiveMachine(name, outputs);
    await runOverSsh(target, "sudo systemctl restart --no-block etcd");
  }
  const state = await exported();
  const past = new Date(Date.now() - 24 * 3600 * 1000).toISOString().replace(/\.\d+/, "");
  for (const resource of state.deployment.resources.filter(({ type }) => type === leaf)) {
    resource.outputs["validityEndTime"] = past;
  }
  const file = path.join(folder, "expired.json");
  writeFileSync(file, JSON.stringify(state));
  await succeed(engine, ["stack", "import", "--file", file]);
}

/** A certificate like the one of this name, which ends as it begins. */
async function expired(state: State, name: string): Promise<string> {
  const { inputs } = state.deployment.resources.find(
    ({ type, urn }) => type === leaf && urn.endsWith(`::${name}`),
  )!;
  const values = Object.fromEntries(
    Object.entries(inputs).map(([key, value]) => [key, revealed(value)]),
  );
  const { state: made } = await createTls(leaf, {
    ...values,
    validityPeriodHours: 0,
    earlyRenewalHours: 0,
  });
  return (made as { certPem: string }).certPem;
}

/** A value of an exported state; secrets are in it as JSON. */
function revealed(value: unknown): unknown {
  const { plaintext } = (value ?? {}) as { plaintext?: string };
  return plaintext === undefined ? value : JSON.parse(plaintext);
}

async function write(
  outputs: StackOutputs,
  name: string,
  file: string,
  text: string,
): Promise<void> {
  const { target } = new LiveMachine(name, outputs);
  const { code, output } = await runOverSsh(target, `sudo tee ${file}`, text);
  if (code !== 0) {
    throw new Error(`${file} on ${name}: ${output}`);
  }
}

async function succeed(engine: PulumiEngine, args: string[]): Promise<void> {
  const { exitCode, output } = await engine.run(args, () => undefined);
  if (exitCode !== 0) {
    throw new Error(`pulumi ${args[0]} ${args[1]} ended with ${exitCode}: ${output}`);
  }
}
