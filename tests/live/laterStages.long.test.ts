import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { newest } from "../../components/etcd/versions";
import { up } from "../../lab/pulumiEngine";
import { LabStage, type StageName, stages } from "../../lab/stages";
import { lose } from "../../proof/changes/changes";
import { Operator } from "../../proof/changes/operator";
import { expectNoPrivateKey } from "./expectations";

const { "3.6": six, "3.7": seven } = newest;
const names = Object.keys(stages) as StageName[];

/** Each second: when, how it ended, and what it said, as a line of a file on the stage's first machine. */
const checks = "/var/log/later-stage-checks";
const watching = (health: string) =>
  `while sleep 0.8; do at=$(date +%s%3N); said=$(timeout 10 ${health} 2>&1); echo "$at $? \${said//$'\\n'/ }" >>${checks}; done`;

/**
 * How long kube-apiserver holds on to a connection on which nothing comes, since its machine is gone: it asks after 30 s
 * and waits 10 s (k8s.io/apiserver, storagebackend/factory/etcd3.go). A check ends after 5 s.
 */
const silenceMs = 40_000;

/** A stage in the lab, and the checks of its health that go on on its machine. */
class Watched {
  readonly lab: LabStage;
  private ip = "";

  constructor(
    readonly name: StageName,
    operator: Operator,
  ) {
    this.lab = new LabStage(name, operator.lab, operator.engine);
  }

  async start(): Promise<void> {
    this.ip = (await this.lab.blanks())[0]!.ip;
    const { health } = stages[this.name];
    await this.lab.site.on(this.ip, "cat >checks.sh", watching(health));
    await this.lab.site.on(this.ip, 'sudo systemd-run --quiet --unit=checks bash "$PWD/checks.sh"');
  }

  /** The checks that have begun since then, in ms of this host's clock. */
  async since(start: number): Promise<{ count: number; failed: string[] }> {
    const lines = (await this.lab.site.on(this.ip, `sudo cat ${checks}`)).split("\n");
    const found = lines.filter((line) => Number(line.split(" ")[0]) >= start);
    return { count: found.length, failed: found.filter((line) => line.split(" ")[1] !== "0") };
  }
}

describe.skipIf(!inject("canRunPulumi"))("later stages", { timeout: 900_000 }, () => {
  const operator = new Operator(() => undefined);
  const watched = names.map((name) => new Watched(name, operator));
  const figures: string[] = [];

  beforeAll(async () => {
    await operator.lab.down();
    const clients = Object.assign({}, ...names.map((name) => stages[name].clients)) as object;
    await operator.start({ version: six, clients });
    await operator.withMirror(async () => {
      for (const { lab } of watched) {
        await lab.prepare(() => undefined);
        await lab.engine.createStack();
      }
    });
    await upAll();
    await Promise.all(watched.map((one) => one.start()));
    // On a new machine kube-apiserver and CoreDNS are built first, where their publishers do not answer.
  }, 3_600_000);
  afterAll(async () => {
    console.log(figures.join("\n"));
    await operator.lab.down();
  });

  /** `pulumi up` of all stages at once, as somebody runs it after the cluster's. */
  async function upAll(): Promise<void> {
    await operator.withMirror(async () => {
      const runs = await Promise.all(watched.map(({ lab }) => lab.engine.run(up, () => undefined)));
      for (const { exitCode, output } of runs) {
        expect(exitCode, output).toBe(0);
      }
    });
  }

  /** Does something to the cluster, and counts what each consumer's own checks say meanwhile. */
  async function during(what: string, work: () => Promise<void>): Promise<string[]> {
    const start = Date.now();
    await work();
    await sleep(5000);
    const all = await Promise.all(
      watched.map(async (one) => ({ name: one.name, ...(await one.since(start)) })),
    );
    const seconds = (Date.now() - start) / 1000;
    for (const { name, count, failed } of all) {
      figures.push(
        `${what}, ${seconds.toFixed()} s: ${name} ${count} checks, ${failed.length} failed`,
        ...failed.map((line) => `  ${line}`),
      );
      // One of them that hangs is no check.
      expect(count).toBeGreaterThan(seconds / 3);
    }
    return all.flatMap(({ name, failed }) => failed.map((line) => `${name}: ${line}`));
  }

  const change = async (settings: Record<string, unknown>) => {
    operator.ask(settings);
    await operator.up();
  };

  it("serve, each by a client of its own, and nothing is left to be done", async () => {
    expect(await during("nothing", () => sleep(10_000))).toEqual([]);
    for (const { lab } of watched) {
      const { exitCode, output } = await lab.engine.run(
        ["preview", "--expect-no-changes"],
        () => undefined,
      );
      expect(exitCode, output).toBe(0);
    }
  });

  it("have no key and no password in a plain part of their state", async () => {
    for (const { lab } of watched) {
      const { output } = await lab.engine.run(["stack", "export"], () => undefined);
      expectNoPrivateKey(output);
      for (const { password } of Object.values(operator.outputs.clients!)) {
        expect(password === "" || !output.includes(password)).toBe(true);
      }
    }
  });

  it("go on while the cluster goes up by a minor version", async () => {
    expect(await during("3.6 → 3.7", () => change({ version: seven }))).toEqual([]);
  });

  it("go on while the CA becomes another one, each with its new files in between", async () => {
    for (const authorities of [[1, 2], [2, 1], [2]]) {
      const what = `CA ${authorities.join(", ")}`;
      expect(await during(what, () => change({ certificateAuthorities: authorities }))).toEqual([]);
      expect(await during(`${what}: their new files`, upAll)).toEqual([]);
    }
  });

  it("go on while access control is turned on, and with what they read then", async () => {
    expect(await during("access control", () => change({ accessControl: true }))).toEqual([]);
    expect(await during("access control: their new lines", upAll)).toEqual([]);
  });

  it("go on while a member is lost and replaced, but what kube-apiserver had on the way to it", async () => {
    let lostAt = 0;
    const failed = await during("a lost machine", async () => {
      lostAt = Date.now();
      await lose(operator.outputs, "controller-2");
      await sleep(20_000);
      const replaced = { replacements: { "controller-2": 1 } };
      await operator.command("operator/replace.ts", ["controller-2", "--yes"], replaced);
    });
    const isItsOwn = (line: string) => {
      const [name, at] = line.split(" ");
      return name === "kubernetes:" && Number(at) < lostAt + silenceMs;
    };
    expect(failed.filter((line) => !isItsOwn(line))).toEqual([]);
  });
});
