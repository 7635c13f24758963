import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { fetchSnapshot, takeSnapshot } from "../../components/etcd/remote/snapshot";
import { controllers } from "../../proof/changes/changes";
import { Operator } from "../../proof/changes/operator";
import { tempFolder } from "../tempFolder";
import { etcdctl } from "./cluster";
import { expectThreeHealthyMembers } from "./expectations";

/** Nobody takes a setting back that has done its work. */
describe.skipIf(!inject("canRunPulumi"))(
  "restoreFrom that is left set while the cluster grows",
  { timeout: 420_000 },
  () => {
    const printed: string[] = [];
    const operator = new Operator((line) => void printed.push(line));

    beforeAll(async () => {
      await operator.lab.down();
      await operator.start({ controllers: controllers(1) });
    });
    afterAll(() => operator.lab.down());

    const put = (key: string, value: string) => etcdctl(operator.outputs, ["put", key, value]);
    const get = (key: string, endpoint?: string) =>
      etcdctl(operator.outputs, ["get", key, "--print-value-only"], endpoint);

    it("begins again from the snapshot", async () => {
      const file = path.join(tempFolder(), "backup.db");
      await put("before", "the snapshot");
      const snapshot = await takeSnapshot(operator.outputs, () => undefined);
      await fetchSnapshot(snapshot, operator.outputs, file);
      await put("lost", "with the restore");
      operator.ask({ restoreFrom: file, restoreOverData: true });
      await operator.up();
      expect(await get("before")).toBe("the snapshot");
      expect(await get("lost")).toBe("");
    });

    it("keeps what was written since then on each of three members, which have joined", async () => {
      await put("after", "the restore");
      operator.ask({ controllers: controllers(3) });
      printed.length = 0;
      await operator.up();
      const said = printed.join("\n");
      for (const name of ["controller-1", "controller-2"]) {
        expect(said).toContain(`${name}: joining as a learner`);
      }
      await expectThreeHealthyMembers(operator.outputs);
      for (const endpoint of operator.outputs.endpoints) {
        expect(await get("before", endpoint)).toBe("the snapshot");
        expect(await get("after", endpoint)).toBe("the restore");
        expect(await get("lost", endpoint)).toBe("");
      }
    });

    it("keeps it when one of those who began from it gets a new machine and new data", async () => {
      await put("later", "still");
      operator.ask({
        replacements: { "controller-0": 1 },
        dataReplacements: { "controller-0": 1 },
      });
      await operator.up();
      await expectThreeHealthyMembers(operator.outputs);
      for (const endpoint of operator.outputs.endpoints) {
        expect(await get("after", endpoint)).toBe("the restore");
        expect(await get("later", endpoint)).toBe("still");
      }
    });

    it("changes nothing more", async () => {
      const preview = await operator.attempt({}, ["preview", "--expect-no-changes"]);
      expect(preview.exitCode, preview.output).toBe(0);
    });
  },
);
