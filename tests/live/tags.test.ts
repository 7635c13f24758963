import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { schema } from "../../lab/aws/schema";
import { newest } from "../../components/etcd/versions";
import { projectRoot } from "../../lab/paths";
import { AnotherProgram } from "./anotherProgram";

const { "3.7": seven } = newest;

describe.skipIf(!inject("canRunPulumi"))("a program that transforms what is made for it", () => {
  const program = new AnotherProgram(path.join(projectRoot, "examples", "tags"));

  beforeAll(() =>
    program.start([], [seven], () => ({
      "aws:region": "us-east-1",
      "tags:releaseUrl": program.site.releaseUrl,
      "tags:ownReleases": true,
    })),
  );
  afterAll(() => program.stop());

  it("reaches every resource that AWS takes tags on, and no other", async () => {
    const preview = JSON.parse(await program.succeed(["preview", "--json"])) as {
      steps: { newState: { type: string; inputs?: { tags?: Record<string, string> } } }[];
    };
    const made = preview.steps.map(({ newState }) => newState);
    const ofAws = made.filter(({ type }) => type.startsWith("aws:"));
    expect(new Set(ofAws.map(({ type }) => type)).size).toBeGreaterThan(10);
    const takesTags = (type: string) => "tags" in schema[type]!.inputs;
    expect(
      ofAws.filter(({ type, inputs }) => takesTags(type) !== (inputs?.tags !== undefined)),
    ).toEqual([]);
    for (const { type, inputs } of ofAws.filter((one) => takesTags(one.type))) {
      expect(inputs?.tags, type).toMatchObject({ team: "storage" });
    }
    // Its own are still there: the machines are found by them.
    const instance = ofAws.find(({ type }) => type === "aws:ec2/instance:Instance");
    expect(instance?.inputs?.tags).toMatchObject({ "etcd:cluster": "orders" });
  });
});
