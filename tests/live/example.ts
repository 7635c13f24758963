import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ClusterHealth } from "../../components/etcd/health";
import { newest } from "../../components/etcd/versions";
import { up } from "../../lab/pulumiEngine";
import { AnotherProgram } from "./anotherProgram";
import { expectNoPrivateKey } from "./expectations";

const { "3.5": five, "3.6": six, "3.7": seven } = newest;
const names = ["node-0", "node-1", "node-2"];
const ipOf = (name: string) => `10.64.9.${10 + names.indexOf(name)}`;

/** A program that makes a cluster by what `pulumi package add` has given it, as it stands in `examples`. */
export interface Example {
  /** What it is called there, and in its own Pulumi.yaml. */
  readonly name: string;
  /** Where the project is, of which it is a part: made ready by `prepare`. */
  readonly root: string;
  /** Before the first `pulumi`. */
  readonly prepare?: (cwd: string) => Promise<void>;
}

/** What holds of such a program in any language: under the real engine, on machines of the lab. */
export function describeExample(example: Example, canRun: boolean): void {
  describe.skipIf(!canRun)(`a cluster in a program in ${example.name}`, () => {
    const cwd = path.join(example.root, "examples", example.name);
    const program = new AnotherProgram(cwd);
    const { site } = program;
    const health = () => program.output<ClusterHealth>("health");

    beforeAll(async () => {
      await example.prepare?.(cwd);
      const blanks = names.map((name) => ({ name, ip: ipOf(name) }));
      await program.start(blanks, [five, six, seven], () => {
        const config = {
          addresses: names.map(ipOf),
          hostKeys: names.map((name) => site.hostKey(ipOf(name))),
          releaseUrl: site.releaseUrl,
          ownReleases: true,
          version: five,
        };
        const keys = Object.entries(config).map(([key, value]) => [
          `${example.name}:${key}`,
          value,
        ]);
        return Object.fromEntries(keys) as object;
      });
    });
    afterAll(() => program.stop());

    it("is shown whole in a preview, and made", async () => {
      expect(await program.succeed(["preview"])).toMatch(
        /command:remote:Command orders-health create/,
      );
      const output = await program.succeed(up);
      expect(await health(), output).toMatchObject({ healthy: true });
      await program.succeed(["preview", "--expect-no-changes"]);
    });

    it("refuses what is unsafe, by a look at all members before the first change", async () => {
      await program.succeed(["config", "set", "version", seven]);
      const { exitCode, output } = await program.pulumi(up);
      expect(output).toMatch(/this change is refused; nothing of the cluster was changed/);
      expect(output).toContain("etcd cannot skip a minor version");
      expect(exitCode).not.toBe(0);
    });

    it("is upgraded one member at a time", async () => {
      await program.succeed(["config", "set", "version", six]);
      const output = await program.succeed(up);
      const starts = await Promise.all(
        names.map((name) =>
          site.on(
            ipOf(name),
            'date -d "$(systemctl show --property=ActiveEnterTimestamp --value etcd)" +%s.%N',
          ),
        ),
      );
      expect(new Set(starts).size, output).toBe(names.length);
      const { healthy, members } = await health();
      expect([healthy, ...members.map(({ version }) => version)]).toEqual([true, six, six, six]);
      // Each is healthy before the next one stops.
      const [said, done] = [
        /^.*restarting with what changed.*$/gm,
        /^.*healthy with etcd.*$/gm,
      ].map((line) => [...output.matchAll(line)].map(({ index }) => index));
      expect(said).toHaveLength(3);
      expect(done![0]).toBeLessThan(said![1]!);
      expect(done![1]).toBeLessThan(said![2]!);
    });

    it("has no private key in a plain part of the state", async () => {
      expectNoPrivateKey(await program.succeed(["stack", "export"]));
    });

    it("is taken away", async () => {
      await program.succeed(["destroy", "--yes"]);
      for (const name of names) {
        expect(await site.on(ipOf(name), "systemctl is-active etcd || true")).toBe("inactive");
      }
    });
  });
}
