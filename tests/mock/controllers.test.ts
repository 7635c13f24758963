import { expect, it } from "vitest";
import { record } from "./program";

const instance = "aws:ec2/instance:Instance";

it("pins everything on an instance that its launch spec records", async () => {
  const program = await record();
  for (const { name, ignoreChanges } of program.all(instance)) {
    const { inputs } = program.get("pulumi:index:Stash", `${name}-launch-spec`);
    expect([...ignoreChanges].sort()).toEqual(
      [...Object.keys(inputs["input"]), "rootBlockDevice.encrypted"].sort(),
    );
  }
});
