import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { askHealth } from "../../components/etcd/remote/health";
import { makeKeyPair } from "../../lab/keyPair";
import { up } from "../../lab/pulumiEngine";
import { Operator } from "../../proof/changes/operator";
import { onController } from "./cluster";

describe.skipIf(!inject("canRunPulumi"))(
  "the SSH keys of controllers",
  { timeout: 600_000 },
  () => {
    const operator = new Operator(() => undefined);

    beforeAll(async () => {
      await operator.lab.down();
      await operator.start({});
    });
    afterAll(() => operator.lab.down());

    const expectHealthy = async () =>
      expect(await askHealth(await operator.engine.outputs())).toMatchObject({ healthy: true });
    const targets = async () =>
      (await operator.engine.outputs()).members.map(({ target }) => target);

    it("a replaced machine shows another host key, and the others their own", async () => {
      const before = (await targets()).map(({ hostKey }) => hostKey);
      operator.ask({ replacements: { "controller-1": 1 } });
      await operator.up();
      const after = (await targets()).map(({ hostKey }) => hostKey);
      expect([after[0], after[2]]).toEqual([before[0], before[2]]);
      expect(after[1]).toMatch(/^ssh-ed25519 \S+$/);
      expect(after[1]).not.toBe(before[1]);
      await expectHealthy();
    });

    it("another login key is refused until the machines take it, and then the only one in use", async () => {
      const { privateKey, publicKey } = makeKeyPair();
      const upWithIt = () =>
        operator.lab.withMirror(operator.settings, async () => {
          const set = ["config", "set", "--secret", "sshPrivateKey", "--", privateKey];
          await operator.engine.run(set, () => undefined);
          return operator.engine.run(up, () => undefined);
        });
      const refused = await upWithIt();
      expect(refused.exitCode, refused.output).not.toBe(0);
      expect(refused.output).toMatch(/controller-0 turns the login away .* add the new public key/);
      await expectHealthy();

      const former = await operator.engine.outputs();
      for (const { name } of former.members) {
        await onController(former, name, `echo '${publicKey}' >>~/.ssh/authorized_keys`);
      }
      const taken = await upWithIt();
      expect(taken.exitCode, taken.output).toBe(0);
      expect((await targets()).map((target) => target.privateKey)).toEqual([
        privateKey,
        privateKey,
        privateKey,
      ]);
      await expectHealthy();
    });
  },
);
