import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { controllerUserData } from "../../components/machines/aws/userData";
import { INSTANCE } from "../../lab/aws/schema";
import { Lab } from "../../lab/lab";
import { bootMachine, execOn } from "../../lab/machines";
import { PulumiEngine, type PulumiRun, up } from "../../lab/pulumiEngine";
import { askHealth } from "../../components/etcd/remote/health";
import type { StackOutputs } from "../../operator/stack";
import { onController } from "./cluster";
import { dataVolumes } from "./dataVolumes";
import { type KeyPair, makeKeyPair } from "../../lab/keyPair";
import { expectNoPrivateKey, expectPutAndGet, expectThreeHealthyMembers } from "./expectations";

const bastionIp = "10.0.1.100";
const bastionId = "bastion";
const acceptedLogins =
  "journalctl --unit=ssh --output=cat --no-pager | sed -n 's/^Accepted publickey for //p'";

// Under the engine alone: without it, keys of one's own cannot be in the stack's file, encrypted.
describe.skipIf(!inject("canRunPulumi"))("controllers that only a bastion reaches", () => {
  const printed: string[] = [];
  const log = (line: string) => void printed.push(line);
  const lab = new Lab(log);
  const engine = new PulumiEngine(lab.aws);
  let keys: Record<"controllers" | "bastion" | "bastionHost" | "someoneElse", KeyPair>;
  let outputs: StackOutputs;

  beforeAll(async () => {
    await lab.down();
    keys = {
      controllers: makeKeyPair(),
      bastion: makeKeyPair(),
      bastionHost: makeKeyPair(),
      someoneElse: makeKeyPair(),
    };
  });
  afterAll(() => lab.down());

  /** An update of the stack with keys of our own, by way of a bastion that must show this key. */
  function update(hostKey: KeyPair): Promise<PulumiRun> {
    const settings = {
      publicAddresses: false,
      deleteData: true,
      sshCidrs: [`${bastionIp}/32`],
      bastion: { host: bastionIp, user: "ubuntu", port: 22, hostKey: hostKey.publicKey },
    };
    return lab.withMirror(settings, async () => {
      await engine.createStack();
      await setSecret("sshPrivateKey", keys.controllers.privateKey);
      await setSecret("bastionPrivateKey", keys.bastion.privateKey);
      await bootBastion();
      return engine.run(up, log);
    });
  }

  async function setSecret(setting: string, stdin: string): Promise<void> {
    const result = await engine.run(["config", "set", "--secret", setting], log, { stdin });
    expect(result.exitCode, result.output).toBe(0);
  }

  /** A machine beside the stack's own, once: its host key is known, and another key lets in. */
  async function bootBastion(): Promise<void> {
    const isUp = await execOn(bastionId, "true").then(
      () => true,
      () => false,
    );
    if (isUp) {
      return;
    }
    await bootMachine({
      name: "bastion",
      ip: bastionIp,
      instanceId: bastionId,
      publicKey: keys.bastion.publicKey,
      userData: controllerUserData({
        name: "bastion",
        hostPrivateKeyOpenssh: keys.bastionHost.privateKey,
        hostPublicKeyOpenssh: keys.bastionHost.publicKey,
      }),
    });
  }

  it("gives its keys to no bastion but the one that it knows, and does nothing", async () => {
    const started = performance.now();
    const { exitCode, output } = await update(keys.someoneElse);
    console.log(`refused after ${((performance.now() - started) / 1000).toFixed(1)} s`);
    expect(exitCode).not.toBe(0);
    expect(output).toContain("ssh: host key mismatch");
    const instances = (await lab.aws.list()).filter(({ type }) => type === INSTANCE);
    expect(instances).toHaveLength(3);
    for (const { id } of [...instances, { id: bastionId }]) {
      expect(await execOn(id, "sh", "-c", acceptedLogins)).toBe("");
      expect(await execOn(id, "ls", "/opt")).toBe("");
    }
  });

  it("makes three healthy members by way of the bastion", async () => {
    const { exitCode, output } = await update(keys.bastionHost);
    expect(exitCode, output).toBe(0);
    outputs = await engine.outputs();
    expect(outputs.members.map((member) => member.publicIp)).toEqual(["", "", ""]);
    await expectThreeHealthyMembers(outputs);
    await expectPutAndGet(outputs);
  });

  it("has not reached a controller in any other way", async () => {
    for (const { name } of outputs.members) {
      const logins = (await onController(outputs, name, `sudo ${acceptedLogins}`)).split("\n");
      expect(logins.length).toBeGreaterThan(1);
      const elsewhere = logins.filter((login) => !login.startsWith(`ubuntu from ${bastionIp} `));
      expect(elsewhere).toEqual([]);
    }
  });

  it("asks for the health by way of no bastion but that one", async () => {
    const members = outputs.members.map((member) => ({
      ...member,
      target: {
        ...member.target,
        proxy: { ...member.target.proxy!, hostKey: keys.someoneElse.publicKey },
      },
    }));
    await expect(askHealth({ ...outputs, members })).rejects.toThrow(
      /controller-0: proxy: ssh 10\.0\.1\.100:22: host key mismatch: expected ssh-ed25519 SHA256:/,
    );
  });

  it("goes with its data, which nothing more is said of", async () => {
    expect(await dataVolumes(lab.aws)).toHaveLength(3);
    const { exitCode, output } = await engine.run(["destroy", "--yes", "--skip-preview"], log);
    expect(exitCode, output).toBe(0);
    expect(await dataVolumes(lab.aws)).toEqual([]);
    expect(output).not.toContain("deleteData");
  });

  it("prints no key", () => expectNoPrivateKey(printed.join("\n")));
});
