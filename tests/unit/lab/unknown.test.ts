import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { expect, it } from "vitest";
import { BUCKET, INGRESS_RULE, INSTANCE, VOLUME, VOLUME_ATTACHMENT } from "../../../lab/aws/schema";
import { statesIn, unknownOf } from "../../../lab/unknown";
import { tempFolder } from "../../tempFolder";

/** A state that has these ids, and these among what was being made. */
const state = (ids: string[], pending: string[] = []) =>
  JSON.stringify({
    checkpoint: {
      latest: {
        resources: ids.map((id) => ({ id })),
        pending_operations: pending.map((id) => ({ type: "creating", resource: { id } })),
      },
    },
  });

const record = (type: string, id: string, inputs: Record<string, unknown> = {}) => ({
  type,
  id,
  inputs,
});

const attachment = (instanceId: string, volumeId: string) =>
  record(VOLUME_ATTACHMENT, "vai-1", { instanceId, volumeId });

it.each([
  ["is what no state has", [record(INSTANCE, "i-2")], ["i-2"]],
  ["is nothing that a state has", [record(INSTANCE, "i-1")], []],
  ["is nothing that another stack's state has", [record(INSTANCE, "i-9")], []],
  [
    "is what was being made, with the id that it had got",
    [record(INGRESS_RULE, "sgr-1")],
    ["sgr-1"],
  ],
  ["is none whose id is a part of one that is known", [record(INSTANCE, "i-")], ["i-"]],
  ["is no volume: it may have been kept on purpose", [record(VOLUME, "vol-2")], []],
  ["is no bucket", [record(BUCKET, "etcd-2")], []],
  ["is no attachment of what is known", [attachment("i-1", "vol-1")], []],
  ["is an attachment of a machine that nobody knows", [attachment("i-2", "vol-1")], ["vai-1"]],
])("what an interrupted update has left %s", (_, records, expected) => {
  const states = [state(["i-1", "vol-1", "i-12"], ["sgr-1"]), state(["i-9"])];
  expect(unknownOf(records, states).map(({ id }) => id)).toEqual(expected);
});

it("the states of all stacks are read, and none of them is no answer", async () => {
  const folder = tempFolder();
  await expect(statesIn(folder)).rejects.toThrow("there is no state in");
  await expect(statesIn(path.join(folder, "nowhere"))).rejects.toThrow("there is no state in");
  for (const project of ["etcd", "yaml"]) {
    mkdirSync(path.join(folder, project));
    writeFileSync(path.join(folder, project, "lab.json"), state([project]));
    writeFileSync(path.join(folder, project, "lab.json.bak"), state(["before"]));
  }
  expect((await statesIn(folder)).sort()).toEqual([state(["etcd"]), state(["yaml"])]);
});
