import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { machines, settingsAndCertificates, start, upgradesAndGrowth } from "../../drill/changes";
import { type Change, Rehearsal } from "../../drill/rehearsal";
import { drillTable, type Row } from "../../drill/table";
import { askHealth } from "../../live/health";
import { breakCertificates } from "./brokenCertificates";
import { etcdctl, onController } from "./cluster";
import { expectNoPrivateKey, expectStrangersRefused } from "./expectations";

/** How often the `up` of a change that can be killed is killed. */
const kills = 1;

describe.skipIf(!inject("canRunPulumi"))("a running cluster under load", () => {
  const printed: string[] = [];
  const rows: Row[] = [];
  const rehearsal = new Rehearsal((line) => {
    printed.push(line);
    if (line.startsWith("killed ")) {
      console.log(line);
    }
  });

  beforeAll(async () => {
    await rehearsal.lab.down();
    await rehearsal.start(start);
  });
  afterAll(async () => {
    console.log(drillTable(rows));
    await rehearsal.lab.down();
  });

  const change = async (one: Change) => {
    const row = await rehearsal.change(one);
    rows.push(row);
    expect(row.verdict.violations).toEqual([]);
    expect(await askHealth(rehearsal.outputs)).toMatchObject({ healthy: true });
  };

  it.each(upgradesAndGrowth(kills))("loses no write: $name", change, 240_000);

  it("is told what to do instead of skipping a minor version, before anything is touched", async () => {
    const { exitCode, output } = await rehearsal.attempt({ "etcd:version": "3.5.35" });
    expect(exitCode).not.toBe(0);
    expect(output).toContain("Go to the latest 3.6 first");
    for (const { name } of rehearsal.outputs.members) {
      const staged = await onController(rehearsal.outputs, name, "ls -t /opt/etcd | head -1");
      expect(staged).not.toBe("");
    }
  });

  it.each(settingsAndCertificates(kills))("loses no write: $name", change, 240_000);

  it("refuses whoever has a certificate of the CA before", () =>
    expectStrangersRefused(rehearsal.outputs));

  it("gets its TLS back when every certificate has expired (the time is simulated)", async () => {
    const { outputs, engine } = rehearsal;
    await etcdctl(outputs, ["put", "before", "the end"]);
    await breakCertificates(engine, outputs);
    await expect(askHealth(outputs)).resolves.toMatchObject({ healthy: false });
    const { exitCode, output } = await rehearsal.attempt({});
    expect(exitCode, output).toBe(0);
    const renewed = await engine.outputs();
    expect(await askHealth(renewed)).toMatchObject({ healthy: true });
    expect(await etcdctl(renewed, ["get", "before", "--print-value-only"])).toBe("the end");
  });

  it.each(machines(kills))("loses no write: $name", change, 240_000);

  it("never shows a private key on the way", () => expectNoPrivateKey(printed.join("\n")));
});
