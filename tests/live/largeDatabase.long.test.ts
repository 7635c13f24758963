import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { askHealth } from "../../components/etcd/remote/health";
import { newest } from "../../components/etcd/versions";
import { Connections } from "../../proof/load/connections";
import { Observation } from "../../proof/load/observation";
import type { Target } from "../../proof/load/target";
import { Operator } from "../../proof/changes/operator";

const { "3.6": six, "3.7": seven } = newest;
const mebibyte = 1024 ** 2;
/** How large the database is at least, in MiB. */
const size = 2048;
/**
 * A light load: what is measured here is the waiting. A member that starts has the others read their databases, too
 * (etcd's initial corruption check), and they answer nobody meanwhile: a put waits as long as a patient client would.
 */
const light = { putsPerSecond: 20, attemptMs: 10_000, putMs: 60_000, maxOutstanding: 2000 };
describe.skipIf(!inject("canRunPulumi"))(
  `a database of ${size} MiB`,
  { timeout: 1_200_000 },
  () => {
    const printed: string[] = [];
    const operator = new Operator((line) => void printed.push(line));

    beforeAll(async () => {
      await operator.lab.down();
      await operator.start({
        version: six,
        quotaGiB: 8,
        dataVolumeGiB: 20,
      });
      const start = performance.now();
      await fill(operator.target);
      console.log(`filled in ${secondsSince(start)} s`);
    }, 900_000);
    afterAll(() => operator.lab.down());

    it("is on every member", async () => {
      for (const { name, dbSizeBytes } of (await askHealth(operator.outputs)).members) {
        expect(dbSizeBytes, name).toBeGreaterThan(size * mebibyte);
      }
    });

    it("goes through a minor version without a lost write, each member as long as it takes", async () => {
      printed.length = 0;
      const observation = new Observation(operator.target, light);
      const start = performance.now();
      operator.ask({ version: seven });
      await operator.up();
      console.log(`pulumi up took ${secondsSince(start)} s`);
      const waited = printed.filter((line) =>
        line.includes(" waits for members that do not answer"),
      );
      const { writer, lost } = await observation.finish();
      console.log(
        `${writer.putsPerSecond.toFixed(1)} puts/s, longest gap ${writer.longestGapMs.toFixed()} ms, ` +
          `the gate looked again: ${waited.length > 0}`,
      );
      // Who reads 2 GiB answers a sampler as little as somebody who is down, and gives no hash within its 5 s.
      expect(writer.failed).toEqual([]);
      expect(lost).toMatchObject({ missing: [], altered: [] });
      expect(writer.putsPerSecond).toBeGreaterThan(10);
      expect(printed.join("\n")).toMatch(/a snapshot from before the change is in controller-\d:/);
      // On busy processors one may still be too slow for the 5 s that a question has.
      let after = await askHealth(operator.outputs);
      for (const until = Date.now() + 120_000; !after.healthy && Date.now() < until;) {
        console.log(after.verdict);
        await sleep(5000);
        after = await askHealth(operator.outputs);
      }
      expect(after).toMatchObject({ healthy: true });
      expect(after.members.map(({ version }) => version)).toEqual([seven, seven, seven]);
    });
  },
);

/** Values of 1 MiB under keys of their own, two under way to each member. */
async function fill(target: Target): Promise<void> {
  const connections = new Connections(target);
  const value = randomBytes(mebibyte);
  let next = 0;
  const work = async () => {
    while (next < size) {
      const turn = next;
      next += 1;
      await connections
        .at(turn)
        .call(
          (client, options) => client.put(`filling/${turn}`).value(value).options(options).exec(),
          60_000,
        );
    }
  };
  try {
    await Promise.all(Array.from({ length: 2 * target.members.length }, work));
  } finally {
    connections.close();
  }
}

const secondsSince = (start: number) => ((performance.now() - start) / 1000).toFixed(1);
