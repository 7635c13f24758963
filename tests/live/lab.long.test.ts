import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { docker } from "../../lab/docker";
import { newest } from "../../components/etcd/versions";
import { projectRoot } from "../../lab/paths";
import { run } from "../../lab/run";
import { labStackFile } from "../../lab/stackFile";

const { "3.6": six, "3.7": seven } = newest;

interface Ending {
  readonly status: number | null;
  readonly output: string;
}

/** `npm run lab` with these words, as somebody types it; in a process group of its own, as a shell's job. */
function start(words: readonly string[]) {
  const child = spawn("npm", ["run", "--silent", "lab", "--", ...words], {
    cwd: projectRoot,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]).then(
    ([stdout, stderr, [status]]): Ending => ({
      status: status as number | null,
      output: stdout + stderr,
    }),
  );
  return { ended, signal: (name: NodeJS.Signals) => process.kill(-child.pid!, name) };
}

const lab = (...words: string[]): Promise<Ending> => start(words).ended;

async function succeed(...words: string[]): Promise<string> {
  const { status, output } = await lab(...words);
  expect(status, output).toBe(0);
  return output;
}

async function machines(): Promise<string[]> {
  const names = await docker("ps", "--all", "--filter", "label=etcd-lab=machine", "--quiet");
  return names.split("\n").filter(Boolean);
}

async function expectNothingLeft(): Promise<void> {
  expect(await machines()).toEqual([]);
  expect(await docker("network", "ls", "--filter", "name=etcd-lab", "--quiet")).toBe("");
  expect(existsSync(labStackFile)).toBe(false);
}

describe.skipIf(!inject("canRunPulumi"))("npm run lab", { timeout: 600_000 }, () => {
  beforeAll(() => succeed("down"));
  afterAll(() => succeed("down"));

  it("does what the README says, line by line", async () => {
    const readme = await readFile(path.join(projectRoot, "README.md"), "utf8");
    const [, block = ""] = /## Try it without AWS\n\n```console\n(.*?)```/s.exec(readme) ?? [];
    const lines = block.split("\n").flatMap((line) => /^\$ (npm run .*)/.exec(line)?.[1] ?? []);
    const outputs = new Map<string, string>();
    for (const line of lines) {
      const start = performance.now();
      const { failed, all } = await run("bash", ["-c", line], {
        limitSeconds: 300,
        cwd: projectRoot,
        // Nobody is there to say yes.
        env: { PULUMI_SKIP_CONFIRMATIONS: "true" },
      });
      expect(failed, `${line}\n${all}`).toBe(false);
      console.log(`${((performance.now() - start) / 1000).toFixed(1)} s: ${line}`);
      outputs.set(line.replace(/ *#.*/, "").replace("npm run lab", "").trim(), all);
      if (line.includes("pulumi up") || line.includes("replace")) {
        expect(await succeed("etcdctl", "get", "hello")).toContain("world");
      }
      if (line.includes("replace")) {
        const table = await succeed("health");
        expect(table).toContain("healthy: all 3 members are healthy");
        expect(table).toContain(seven);
      }
    }
    expect(outputs.size).toBe(9);
    expect(outputs.get("")).toContain("healthy: all 3 members are healthy");
    expect(outputs.get("-- plan")).toContain(`${six} → ${seven}, one member at a time`);
    await expectNothingLeft();
  });

  it("keeps what was set, and says what a lost machine is", async () => {
    await succeed("pulumi", "config", "set", "heartbeatIntervalMs", "120");
    await succeed();
    expect(await lab("lose", "nobody")).toMatchObject({
      status: 1,
      output: "lab: nobody is no member: controller-0, controller-1, controller-2\n",
    });
    await succeed("lose", "controller-0");
    expect(await lab("health")).toMatchObject({ status: 1 });
    expect(await succeed("pulumi", "config", "get", "heartbeatIntervalMs")).toBe("120\n");
    await succeed("down");
    await expectNothingLeft();
  });

  it("has blank machines for this program", async () => {
    expect(await succeed("machines", "3")).toContain("node-2  10.0.1.12");
    await succeed("pulumi", "up", "--yes", "--skip-preview");
    expect(await succeed("health")).toContain("healthy: all 3 members are healthy");
    await succeed("down");
    await expectNothingLeft();
  });

  it.skipIf(!inject("languages").includes("yaml"))(
    "has blank machines for an example in another language, and takes its settings away with them",
    async () => {
      const folder = path.join("examples", "yaml");
      const file = path.join(projectRoot, folder, "Pulumi.lab.yaml");
      await succeed("machines", "3", folder);
      const { status, output } = await lab("machines", "3", folder);
      expect(output).toContain(`${file} is there already: move it away`);
      expect(status).toBe(1);
      await succeed("pulumi", "--cwd", folder, "up", "--yes", "--skip-preview");
      const health = await succeed("pulumi", "-C", folder, "stack", "output", "health");
      expect(health).toContain("all 3 members are healthy");
      expect(existsSync(labStackFile)).toBe(false);
      await succeed("down");
      await expectNothingLeft();
      expect(existsSync(file)).toBe(false);
    },
  );

  it("does nothing to what others have on this host", async () => {
    const rule =
      "PREROUTING -s 192.0.2.0/24 -d 169.254.169.254/32 -p tcp -j DNAT --to 192.0.2.9:80";
    const nat = (what: string) => run("iptables", ["-t", "nat", what, ...rule.split(" ")], limits);
    const limits = { limitSeconds: 20 };
    expect((await nat("-I")).failed).toBe(false);
    try {
      await succeed("down");
      expect((await nat("-C")).failed).toBe(false);
    } finally {
      await nat("-D");
    }
    // As where this host is in such a network itself, or reaches one by a VPN.
    const route = (what: string) =>
      run("ip", ["route", what, "blackhole", "10.0.3.0/24"], { limitSeconds: 20 });
    expect((await route("add")).failed).toBe(false);
    try {
      const { status, output } = await lab();
      expect(output).toContain("This host reaches 10.0.3.0/24 already");
      expect(status).toBe(1);
      expect(await machines()).toEqual([]);
    } finally {
      await route("delete");
    }
    await succeed("down");
  });
});

/** At which moments it is interrupted, how, and what follows: printed, and settable. */
const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const rounds = 20;

describe.skipIf(!inject("canRunPulumi"))(
  "npm run lab, interrupted at any moment",
  { timeout: 3_600_000 },
  () => {
    beforeAll(() => succeed("down"));
    afterAll(() => succeed("down"));

    it(`goes on, or is taken away, each of ${rounds} times`, async () => {
      console.log(`SEED=${seed}`);
      const random = xoroshiro128plus(seed);
      const between = (low: number, high: number) => uniformInt(random, low, high);
      for (let round = 0; round < rounds; round++) {
        const afterMs = between(200, 30_000);
        const signals = [["SIGINT"], ["SIGINT", "SIGINT"], ["SIGTERM"], ["SIGKILL"]][
          between(0, 3)
        ] as NodeJS.Signals[];
        const next = between(0, 1) === 0 ? "up" : "down";
        const first = start([]);
        await Promise.race([sleep(afterMs), first.ended]);
        for (const name of signals) {
          try {
            first.signal(name);
          } catch {
            // It has ended by itself.
          }
          await sleep(500);
        }
        const { status } = await first.ended;
        const { status: then, output } = await lab(next);
        console.log(
          `${round}: ${signals.join(" ")} after ${afterMs} ms: ${status}; then ${next}: ${then}`,
        );
        expect(then, output).toBe(0);
        if (next === "up") {
          expect(output).toContain("healthy: all 3 members are healthy");
          // So that the next one begins from nothing as often as from a cluster.
          if (between(0, 1) === 0) await succeed("down");
        } else {
          await expectNothingLeft();
        }
      }
    });
  },
);
