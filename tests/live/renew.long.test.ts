import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { askHealth } from "../../components/etcd/remote/health";
import { nameIn } from "../../operator/stack";
import { Operator } from "../../proof/changes/operator";
import { onController } from "./cluster";

const names = ["controller-0", "controller-1", "controller-2"];

describe.skipIf(!inject("canRunPulumi"))("npm run renew", { timeout: 600_000 }, () => {
  const operator = new Operator(() => undefined);
  const { engine } = operator;

  beforeAll(async () => {
    await operator.lab.down();
    await operator.start({});
  });
  afterAll(() => operator.lab.down());

  const renew = () =>
    operator.withMirror(() => engine.runCommand("operator/renew.ts", [], () => undefined));

  const onEach = (command: string) =>
    Promise.all(names.map((name) => onController(operator.outputs, name, command)));
  const processes = () => onEach("systemctl show --property=MainPID --value etcd");
  const ends = () => onEach("sudo sha256sum /etc/etcd/pki/peer.crt /etc/etcd/pki/server.crt");

  it("does nothing where no certificate is due", async () => {
    expect(await renew()).toMatchObject({ exitCode: 0, output: "No certificate is due." });
  });

  it("does nothing where more than that would be done, and says what", async () => {
    const before = await processes();
    operator.ask({ heartbeatIntervalMs: 120 });
    const { exitCode, output } = await renew();
    expect(exitCode, output).toBe(1);
    expect(output).toContain("pulumi up would do more than renew certificates; nothing was done");
    operator.ask({ heartbeatIntervalMs: 100 });
    expect(await processes()).toEqual(before);
  });

  it("renews those that are due, under their members, which go on running", async () => {
    const [running, certificates] = [await processes(), await ends()];
    await endSoon();
    const { exitCode, output } = await renew();
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/^Due: .*etcd-controller-0-peer/);
    expect(await processes()).toEqual(running);
    const renewed = await ends();
    for (const [index, name] of names.entries()) {
      expect(renewed[index], name).not.toBe(certificates[index]);
    }
    expect(await askHealth(operator.outputs)).toMatchObject({ healthy: true });
    expect(await renew()).toMatchObject({ exitCode: 0, output: "No certificate is due." });
  });

  /** A year passes for the state: its certificates of members end in ten days. Those on the machines do not. */
  async function endSoon(): Promise<void> {
    const exported = await engine.run(["stack", "export", "--show-secrets"], () => undefined);
    const state = JSON.parse(exported.output) as {
      deployment: { resources: { urn: string; type: string; outputs?: Record<string, unknown> }[] };
    };
    const soon = new Date(Date.now() + 10 * 24 * 3600 * 1000).toISOString();
    const signed = state.deployment.resources.filter(
      ({ urn, type }) =>
        type === "tls:index/locallySignedCert:LocallySignedCert" &&
        /controller-\d-(peer|server)$/.test(nameIn(urn)),
    );
    expect(signed).toHaveLength(6);
    signed.forEach((one) => (one.outputs = { ...one.outputs, validityEndTime: soon }));
    const imported = await engine.run(["stack", "import"], () => undefined, {
      stdin: JSON.stringify(state),
    });
    expect(imported.exitCode, imported.output).toBe(0);
  }
});
