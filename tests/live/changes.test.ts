import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { Checker } from "../../proof/faults/checker";
import { Drill } from "../../proof/faults/drill";
import type { NotRun } from "../../proof/faults/fault";
import { faults, sortOut } from "../../proof/faults/kinds/all";
import { planDrill } from "../../proof/faults/plan";
import {
  machines,
  settingsAndCertificates,
  shortStart,
  upgradeToSix,
} from "../../proof/changes/changes";
import { Operator } from "../../proof/changes/operator";
import { type Change, Rehearsal } from "../../proof/changes/rehearsal";
import { changesTable, type Row } from "../../proof/changes/table";
import { askHealth } from "../../components/etcd/remote/health";
import { breakCertificates } from "./brokenCertificates";
import { etcdctl, onController } from "./cluster";
import { dataVolumes } from "./dataVolumes";
import { expectNoPrivateKey, expectStrangersRefused } from "./expectations";

/**
 * An upgrade, a step of the CA and a scaling are killed here. `npm run rehearse` kills all of them, goes through
 * all versions from 3.4 on and back down, and loses machines in more ways.
 */
const kills = { some: 1, else: 0 };

/** One of each fault that is not among the changes; `npm run drill` has all of them. */
const quick = faults.filter(
  ({ id, healedBy }) => healedBy === "itself" || id === "corrupt" || id === "two-ups",
);
/** Another one each time; it is in what is printed. */
const drilled = planDrill(quick, Math.floor(Math.random() * 2 ** 31), quick.length);

describe.skipIf(!inject("canRunPulumi"))("a running cluster under load", () => {
  const printed: string[] = [];
  const rows: Row[] = [];
  const operator = new Operator((line) => {
    printed.push(line);
    if (line.startsWith("killed ")) {
      console.log(line);
    }
  });
  const rehearsal = new Rehearsal(operator);

  let notRun: readonly NotRun[];

  beforeAll(async () => {
    // One of them takes an etcd of its own: a minute or two on a new machine.
    ({ notRun } = await sortOut(quick));
    await operator.lab.down();
    await operator.start(shortStart);
  });
  afterAll(async () => {
    console.log(changesTable(rows));
    await operator.lab.down();
  });

  const change = async (one: Change) => {
    const row = await rehearsal.change(one);
    rows.push(row);
    expect(row.verdict.violations).toEqual([]);
    expect(await askHealth(operator.outputs)).toMatchObject({ healthy: true });
  };

  it("does not skip a minor version, and touches nothing before it says so", async () => {
    const { exitCode, output } = await operator.attempt({ version: "3.7.3" });
    expect(exitCode).not.toBe(0);
    expect(output).toContain(
      "version is 3.7.3, and the cluster is at 3.5.0: etcd cannot skip a minor version",
    );
    for (const { name } of operator.outputs.members) {
      expect(await onController(operator.outputs, name, "ls /opt/etcd")).not.toContain("v3.7.3");
    }
  });

  it.each([upgradeToSix(kills)])("loses no write: $name", change, 420_000);

  it("took a snapshot before the minor version", () =>
    expect(printed.join("\n")).toMatch(
      /a snapshot from before the change is in controller-\d:\S+-v3\.5\.35\.db/,
    ));

  it.each(settingsAndCertificates(kills))("loses no write: $name", change, 420_000);

  it("refuses whoever has a certificate of the CA before", () =>
    expectStrangersRefused(operator.outputs));

  it("gets its TLS back when every certificate has expired (the time is simulated)", async () => {
    const { outputs, engine } = operator;
    await etcdctl(outputs, ["put", "before", "the end"]);
    await breakCertificates(engine, outputs);
    await expect(askHealth(outputs)).resolves.toMatchObject({ healthy: false });
    const { exitCode, output } = await operator.attempt({});
    expect(exitCode, output).toBe(0);
    const renewed = await engine.outputs();
    expect(await askHealth(renewed)).toMatchObject({ healthy: true });
    expect(await etcdctl(renewed, ["get", "before", "--print-value-only"])).toBe("the end");
  });

  it.each(machines(kills))("loses no write: $name", change, 420_000);

  it("keeps the data of members that left, and what was given up", async () => {
    const kept = (await dataVolumes(operator.lab.aws)).map(({ name }) => name);
    // An update that was killed can have left further ones.
    expect(kept).toEqual(expect.arrayContaining(["controller-3-data", "controller-4-data"]));
    expect(kept.filter((name) => name === "controller-2-data").length).toBeGreaterThanOrEqual(2);
  });

  it.for(drilled)(
    "gets over a fault, by itself or one pulumi up: $fault",
    { timeout: 420_000 },
    async (injection, { skip }) => {
      const fault = faults.find(({ id }) => id === injection.fault)!;
      const whyNot = notRun.find(({ name }) => name === fault.name)?.reason;
      skip(whyNot !== undefined, whyNot);
      const checker = await Checker.build();
      const { violations, ...result } = await new Drill(operator, checker).run(fault, injection);
      console.log(JSON.stringify(result));
      expect(violations).toEqual([]);
    },
  );

  it("never shows a private key on the way", () => expectNoPrivateKey(printed.join("\n")));
});
