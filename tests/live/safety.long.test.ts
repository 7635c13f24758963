import { ownCluster } from "../../components/settings/names";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { askHealth } from "../../components/etcd/remote/health";
import { VOLUME_ATTACHMENT } from "../../lab/aws/schema";
import { machineRuns, pauseMachine, resumeMachine } from "../../lab/machines";
import { newest } from "../../components/etcd/versions";
import { up } from "../../lab/pulumiEngine";
import { Observation } from "../../proof/load/observation";
import { controllers } from "../../proof/changes/changes";
import { Operator } from "../../proof/changes/operator";
import { etcdctl, onController, startsOf } from "./cluster";

const { "3.6": six, "3.7": seven } = newest;
const names = ["controller-0", "controller-1", "controller-2"];

/**
 * What a review did to the promise that no change loses a write or touches what it should not: each of these
 * broke it once.
 */
describe.skipIf(!inject("canRunPulumi"))(
  "a cluster and those who would harm it",
  { timeout: 420_000 },
  () => {
    const printed: string[] = [];
    const operator = new Operator((line) => void printed.push(line));

    beforeAll(async () => {
      await operator.lab.down();
      await operator.start({ version: six, dataVolumeGiB: 10 });
      await etcdctl(operator.outputs, ["put", "life", "the first"]);
    });
    afterAll(() => operator.lab.down());

    const on = (name: string, command: string) => onController(operator.outputs, name, command);
    const units = () =>
      Promise.all(names.map((name) => on(name, "cat /etc/systemd/system/etcd.service")));
    const life = () => etcdctl(operator.outputs, ["get", "life", "--print-value-only"]);

    /** A change that is refused: nothing is restarted, and no unit is another one. */
    async function expectRefused(
      settings: Record<string, unknown>,
      why: RegExp,
      args: readonly string[] = up,
    ): Promise<void> {
      const before = [await startsOf(operator.outputs), await units()];
      const { exitCode, output } = await operator.attempt(settings, args);
      expect(exitCode, output).not.toBe(0);
      expect(output).toMatch(why);
      expect([await startsOf(operator.outputs), await units()]).toEqual(before);
    }

    /** Runs `pulumi up` with these settings until a line is printed, and ends it then. */
    async function endedAt(
      settings: Record<string, unknown>,
      line: RegExp,
      signal: "SIGINT" | "SIGKILL",
    ) {
      const abort = new AbortController();
      operator.ask(settings);
      const { exitCode, output } = await operator.withMirror(() =>
        operator.engine.run(
          up,
          (one) => {
            if (line.test(one)) {
              abort.abort();
            }
          },
          { signal: abort.signal, signalName: signal },
        ),
      );
      expect(exitCode, output).not.toBe(0);
      await operator.engine.run(["cancel", "--yes"], () => undefined);
    }

    async function expectAlive(): Promise<void> {
      expect(await askHealth(operator.outputs)).toMatchObject({ healthy: true });
      expect(await life()).toBe("the first");
    }

    describe("whose it is", () => {
      it("says each machine, its data, its unit and the outputs: one id", async () => {
        const { clusterId } = operator.outputs;
        expect(clusterId).toMatch(/^[0-9a-f]{32}$/);
        for (const name of names) {
          const said = await on(
            name,
            "sed -n 's/^id=//p' /etc/etcd/cluster; sudo cat /var/lib/etcd/cluster-id; sudo cat /proc/$(systemctl show -p MainPID --value etcd)/environ | tr '\\0' '\\n' | sed -n 's/^CLUSTER_ID=//p'; sed -n 's/^founded=//p' /etc/etcd/cluster",
          );
          const [id, data, process, founded] = said.split("\n");
          expect([id, data, process]).toEqual([clusterId, clusterId, clusterId]);
          expect(founded).toMatch(/^\d{4}-/);
        }
      });

      it("is seen before a machine is touched: another cluster's record is refused with both names", async () => {
        const other = "0123456789abcdef0123456789abcdef";
        await on(
          "controller-1",
          `sudo cp /etc/etcd/cluster /tmp/own; sudo sed -i 's/^id=.*/id=${other}/; s/^name=.*/name=theirs/' /etc/etcd/cluster`,
        );
        await expectRefused(
          { heartbeatIntervalMs: 120 },
          new RegExp(`theirs \\(${other}\\).*this stack's .* is ${operator.outputs.clusterId}`),
        );
        await on("controller-1", "sudo cp /tmp/own /etc/etcd/cluster");
      });
    });

    describe("what is refused and leaves no unit armed", () => {
      it("another name of the cluster, in the preview, too", () =>
        expectRefused({ clusterName: "other" }, /clusterName is other, and this cluster is etcd/, [
          "preview",
        ]));

      it("a smaller volume, another network: all of it at once", () =>
        expectRefused(
          { availabilityZones: ["us-east-1c"], dataVolumeGiB: 8 },
          /availabilityZones is us-east-1c, and this stack was made with[^]*dataVolumeGiB is 8, and the volumes have 10 GiB/,
        ));

      it("a change whose machine cannot be seen", async () => {
        const id = operator.outputs.members[2]!.machineId;
        const before = await units();
        await pauseMachine(id);
        const { exitCode, output } = await operator.attempt({ heartbeatIntervalMs: 120 });
        await resumeMachine(id);
        expect(exitCode, output).not.toBe(0);
        expect(output).toMatch(/controller-2's machine cannot be seen, and unseen is refused/);
        expect(await units()).toEqual(before);
      });

      it("a way round the gate by --target", () =>
        expectRefused({ heartbeatIntervalMs: 120 }, /was not admitted: .* goes round the look/, [
          ...up,
          "--target",
          "**controller-0",
        ]));

      it("and after that a no-op changes nothing", async () => {
        const before = await startsOf(operator.outputs);
        await operator.up();
        expect(await startsOf(operator.outputs)).toEqual(before);
        const preview = await operator.attempt({}, ["preview", "--expect-no-changes"]);
        expect(preview.exitCode, preview.output).toBe(0);
      });
    });

    describe("an upgrade that is stopped half-way", () => {
      it("goes back by setting the version back, while its members are healthy", async () => {
        const observation = new Observation(operator.target);
        await endedAt({ version: seven }, /healthy with etcd 3\.7/, "SIGKILL");
        operator.ask({ version: six });
        await operator.up();
        observation.reconnect(operator.target);
        expect((await observation.finish()).violations).toEqual([]);
        for (const name of names) {
          expect(
            await on(
              name,
              "tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value etcd)/cmdline | sed -n 1p",
            ),
          ).toContain(six);
        }
        await expectAlive();
      });

      it("goes back from a member that does not start with the new version", async () => {
        // Staged already, and broken on one machine: its etcd ends with 1.
        const broken = "/opt/etcd/v" + seven + "/bin/etcd";
        const leader = (await askHealth(operator.outputs)).members.find((one) => one.leader)!.name;
        const victim = names.find((name) => name !== leader)!;
        await on(
          victim,
          `sudo cp ${broken} /tmp/etcd.kept; printf '#!/bin/sh\\n[ "$1" = --version ] || case "$*" in *--version*) ;; *) exit 1;; esac\\nexec /tmp/etcd.kept "$@"\\n' | sudo tee ${broken}.new >/dev/null; sudo chmod 755 ${broken}.new; sudo mv ${broken}.new ${broken}`,
        );
        const { exitCode, output } = await operator.attempt({ version: seven });
        expect(exitCode, output).not.toBe(0);
        expect(output).toContain("the last lines of its log are above");
        operator.ask({ version: six });
        await operator.up();
        await expectAlive();
        await on(victim, `sudo mv /tmp/etcd.kept ${broken}`);
      });
    });

    describe("a replacement that was interrupted", () => {
      const replaced = (name: string) => ({
        replacements: { [name]: 1 },
        dataReplacements: { [name]: 1 },
      });

      it("is not joined by another one: no two machines go in one update", async () => {
        const ids = operator.outputs.members.map(({ machineId }) => machineId);
        await endedAt(replaced("controller-0"), /Stash etcd-change updated/, "SIGINT");
        const both = {
          replacements: { "controller-0": 1, "controller-1": 1 },
          dataReplacements: { "controller-0": 1, "controller-1": 1 },
        };
        const { exitCode, output } = await operator.attempt(both);
        expect(exitCode, output).not.toBe(0);
        expect(output).toMatch(/controller-0 and controller-1 would be replaced in one update/);
        for (const id of ids.slice(1)) {
          expect(await machineRuns(id)).toBe(true);
        }
        expect(await life()).toBe("the first");
      });

      it("is finished by a pulumi up of its own, and told", async () => {
        const { output, exitCode } = await operator.attempt({});
        expect(exitCode, output).toBe(0);
        expect(output).toContain("controller-0 gets a new machine and loses its data");
        await operator.up();
        await expectAlive();
      });

      it("is not asked for by a counter that goes away", () =>
        expectRefused(
          { replacements: {}, dataReplacements: {} },
          /replacements\.controller-0 or dataReplacements\.controller-0 got smaller, and that replaces nothing/,
        ));
    });

    describe("another type of the machines that was interrupted", () => {
      it.each([
        ["SIGKILL", "t3.large"],
        ["SIGINT", "t3.medium"],
      ] as const)(
        "by %s is finished, though their addresses have changed",
        async (signal, type) => {
          const change = { instanceType: type };
          await endedAt(change, /aws:ec2:Instance etcd-controller-\d updated/, signal);
          await operator.up();
          await expectAlive();
          const preview = await operator.attempt({}, ["preview", "--expect-no-changes"]);
          expect(preview.exitCode, preview.output).toBe(0);
        },
      );
    });

    describe("replacements that nobody asked for", () => {
      const instance = (name: string) => ["--replace", `**Instance::${ownCluster}-${name}`];
      const volume = (name: string) => ["--replace", `**Volume::${ownCluster}-${name}-data`];

      it.each([
        ["machines", names.flatMap(instance)],
        ["volumes", names.flatMap(volume)],
      ])("all %s at once: at most one goes, and a plain up brings it back", async (_, replace) => {
        const ids = operator.outputs.members.map(({ machineId }) => machineId);
        const attached = await attachments();
        const observation = new Observation(operator.target);
        const { exitCode, output } = await operator.attempt({}, [...up, ...replace]);
        expect(exitCode, output).not.toBe(0);
        expect(output).toMatch(/was about to get another (machine|volume|attachment), and nobody/);
        const running = await Promise.all(ids.map((id) => machineRuns(id)));
        expect(running.filter((runs) => !runs).length).toBeLessThanOrEqual(1);
        const kept = (await attachments()).filter((one) => attached.includes(one));
        expect(kept.length).toBeGreaterThanOrEqual(2);
        await operator.up();
        observation.reconnect(operator.target);
        await sleep(500);
        expect((await observation.finish({ putsPerSecond: 10 })).violations).toEqual([]);
        await expectAlive();
        const preview = await operator.attempt({}, ["preview", "--expect-no-changes"]);
        expect(preview.exitCode, preview.output).toBe(0);
      });

      /** Which volume each machine has. */
      async function attachments(): Promise<string[]> {
        const records = await operator.lab.aws.list();
        return records
          .filter(({ type }) => type === VOLUME_ATTACHMENT)
          .map(({ inputs }) => `${String(inputs["instanceId"])} ${String(inputs["volumeId"])}`);
      }
    });

    describe("scaling away and back", () => {
      it.each([5, 3])(
        "%i → 1 and back, the survivor paused, founds no second one",
        async (many) => {
          for (const count of [many, 1]) {
            operator.ask({ controllers: controllers(count) });
            await operator.up();
          }
          const survivor = "sudo kill -STOP $(systemctl show -p MainPID --value etcd)";
          operator.ask({ controllers: controllers(many) });
          const paused = { done: false };
          const { exitCode, output } = await operator.withMirror(() =>
            operator.engine.run(up, (line) => {
              printed.push(line);
              // The gate has passed: nobody looks at the survivor any more but those who join.
              if (line.includes("Stash etcd-change updated") && !paused.done) {
                paused.done = true;
                void on("controller-0", survivor);
              }
            }),
          );
          await on("controller-0", "sudo kill -CONT $(systemctl show -p MainPID --value etcd)");
          expect(paused.done).toBe(true);
          expect(exitCode, output).not.toBe(0);
          expect(output).toMatch(
            /its data directory is empty, and no member serves .* the cluster has been founded already/,
          );
          await sleep(2000);
          await operator.up();
          await expectAlive();
          const entries = await etcdctl(operator.outputs, ["member", "list"]);
          expect(entries.split("\n")).toHaveLength(many);
        },
      );
    });

    describe("access control", () => {
      it("is no outage: each member restarts beside others that serve, one at a time", async () => {
        for (const user of ["root", "client"]) {
          await etcdctl(operator.outputs, ["user", "add", user, "--no-password"]);
          await etcdctl(operator.outputs, ["user", "grant-role", user, "root"]);
        }
        await etcdctl(operator.outputs, ["auth", "enable"]);
        const observation = new Observation(operator.target);
        operator.ask({ heartbeatIntervalMs: 120 });
        await operator.up();
        expect((await observation.finish()).violations).toEqual([]);
        await expectAlive();
      });

      it("lets the leadership move when the operator has the role root", async () => {
        await etcdctl(operator.outputs, ["user", "add", "operator", "--no-password"]);
        await etcdctl(operator.outputs, ["user", "grant-role", "operator", "root"]);
        const { exitCode, output } = await operator.attempt({ heartbeatIntervalMs: 130 });
        expect(exitCode, output).toBe(0);
        expect(output).toContain("moving the leadership to");
        await expectAlive();
        await etcdctl(operator.outputs, ["auth", "disable"]);
      });
    });
  },
);
