import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import type { Desired } from "../../../components/etcd/rollout/desired";
import { wasAdmitted } from "../../../operator/counters";
import { readProject, stackFile } from "../../../operator/project";
import { tempFolder } from "../../tempFolder";

const fixtures = path.resolve(__dirname, "../../fixtures/operator");
const settings = "encryptionsalt: v1\nconfig:\n    # a comment\n    shop:version: 3.7.3\n";

let folder: string;
const at = (name: string) => path.join(folder, name);
const read = (name: string) => readFileSync(at(name), "utf8");

/** The gate of a stack whose last admitted change had these generations of controller-1. */
const state = (machineGeneration: number, dataGeneration = 0) =>
  JSON.stringify({
    deployment: {
      resources: [
        {
          urn: "urn:pulumi:dev::shop::etcd:index:EtcdCluster$etcd:index:Admission$pulumi:index:Stash::etcd-change",
          type: "pulumi:index:Stash",
          inputs: {
            input: {
              desired: { members: { "controller-1": { machineGeneration, dataGeneration } } },
            },
          },
        },
      ],
    },
  });

beforeEach(() => {
  folder = tempFolder();
  symlinkSync(path.join(fixtures, "pulumi.sh"), at("pulumi"));
  writeFileSync(at("Pulumi.yaml"), "name: shop\n");
  writeFileSync(at("Pulumi.dev.yaml"), settings);
  writeFileSync(at("state"), state(0));
});

function start(counts: Record<string, number>): ChildProcess {
  const words = ["--require", require.resolve("tsx/cjs"), path.join(fixtures, "replace.ts")];
  return spawn(process.execPath, [...words, JSON.stringify(counts)], {
    cwd: folder,
    env: { ...process.env, PATH: `${folder}${path.delimiter}${process.env["PATH"]}` },
    // A group of its own, as a terminal's: Ctrl-C goes to all that are in it.
    detached: true,
  });
}

async function ending(child: ChildProcess) {
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, "exit") as Promise<[number | null]>,
  ]);
  return { code, output: output + errors };
}

/** Runs it with an `up` that does this. */
function replaceWith(up: string, counts: Record<string, number> = { replacements: 1 }) {
  writeFileSync(at("up"), up);
  return ending(start(counts));
}

describe("npm run replace", () => {
  it("counts up and leaves it at that where pulumi up succeeds", async () => {
    const counts = { replacements: 2, dataReplacements: 1 };
    const { code, output } = await replaceWith("cp Pulumi.dev.yaml seen", counts);
    expect(code, output).toBe(0);
    const counted = `${settings}replacements.controller-1=2\ndataReplacements.controller-1=1\n`;
    expect(read("seen")).toBe(counted);
    expect(read("Pulumi.dev.yaml")).toBe(counted);
    expect(read("calls")).not.toContain("export");
  });

  it("leaves the file as it was where the answer is no", async () => {
    const { code, output } = await replaceWith('echo "confirmation declined"; exit 1');
    expect(code).toBe(1);
    expect(output).toContain(
      "controller-1 is not replaced: its count in Pulumi.dev.yaml is what it was before.",
    );
    expect(read("Pulumi.dev.yaml")).toBe(settings);
  });

  it("makes away with a file that was not there", async () => {
    rmSync(at("Pulumi.dev.yaml"));
    const { code } = await replaceWith("exit 1");
    expect(code).toBe(1);
    expect(existsSync(at("Pulumi.dev.yaml"))).toBe(false);
  });

  it("keeps the counters of a change that was admitted, for pulumi up to finish it", async () => {
    writeFileSync(at("after"), state(1));
    const { code, output } = await replaceWith("mv after state; exit 255");
    expect(code).toBe(255);
    expect(output).toContain("The replacement of controller-1 has begun: its count stays in");
    expect(read("Pulumi.dev.yaml")).toContain("replacements.controller-1=1");
  });

  it("takes its own counters alone away where the file has changed meanwhile", async () => {
    const edited = 'echo "quotaGiB=4" >>Pulumi.dev.yaml; exit 1';
    const counts = { replacements: 1, dataReplacements: 3 };
    const { code } = await replaceWith(edited, counts);
    expect(code).toBe(1);
    expect(read("Pulumi.dev.yaml")).toBe(
      `${settings}quotaGiB=4\ndataReplacements.controller-1=2\n`,
    );
  });

  it("takes them back, too, where the state cannot be read", async () => {
    const { code, output } = await replaceWith("rm state; exit 1");
    expect(code).toBe(1);
    expect(output).toMatch(/Whether the replacement of controller-1 has begun cannot be seen/);
    expect(output).toContain("pulumi config set --path replacements.controller-1 1");
    expect(read("Pulumi.dev.yaml")).toBe(settings);
  });

  it("does not run pulumi up where it cannot count", async () => {
    writeFileSync(at("unwritable"), "");
    const { code, output } = await replaceWith("touch upped");
    expect(code).toBe(7);
    expect(output).toContain("pulumi config ended with 1");
    expect(read("calls")).toBe("config set --path replacements.controller-1 1\n");
    expect(read("Pulumi.dev.yaml")).toBe(settings);
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "takes them back after %s at the prompt",
    async (signal) => {
      writeFileSync(at("up"), "trap 'exit 1' TERM HUP; touch asking; while :; do sleep 0.05; done");
      const child = start({ replacements: 1 });
      const ended = ending(child);
      while (!existsSync(at("asking"))) {
        await sleep(20);
      }
      // A terminal's SIGINT goes to all, a supervisor's to the process that it knows.
      process.kill(signal === "SIGINT" ? -child.pid! : child.pid!, signal);
      const { code, output } = await ended;
      expect(code, output).toBe(1);
      expect(output).toContain("controller-1 is not replaced");
      expect(read("Pulumi.dev.yaml")).toBe(settings);
    },
  );
});

describe("whether a change was admitted", () => {
  const attempted = (machineGeneration: number, dataGeneration: number) =>
    ({ members: { "controller-1": { machineGeneration, dataGeneration } } }) as unknown as Desired;
  const member = "controller-1";

  it.each([
    [{ replacements: 1 }, attempted(1, 0), true],
    [{ replacements: 1 }, attempted(2, 0), true],
    [{ replacements: 2 }, attempted(1, 5), false],
    [{ replacements: 2, dataReplacements: 1 }, attempted(2, 1), true],
    [{ replacements: 2, dataReplacements: 1 }, attempted(1, 1), false],
    [{ replacements: 1 }, undefined, false],
  ])("%j", (counts, gate, expected) => {
    expect(wasAdmitted({ member, counts }, gate)).toBe(expected);
    expect(wasAdmitted({ member: "controller-9", counts }, gate)).toBe(false);
  });
});

describe("a project", () => {
  it("has its own name, whatever it is, and its stacks' files where it says", () => {
    expect(readProject(folder).name).toBe("shop");
    expect(stackFile(readProject(folder), "acme/shop/dev")).toBe(at("Pulumi.dev.yaml"));
    writeFileSync(at("Pulumi.yaml"), "name: shop\nstackConfigDir: stacks\n");
    expect(stackFile(readProject(folder), "dev")).toBe(at("stacks/Pulumi.dev.yaml"));
  });

  it("is missed where there is none", () => {
    expect(() => readProject(at("nowhere"))).toThrow(/there is no .*Pulumi.yaml: run this in the/);
  });
});
