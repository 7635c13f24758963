import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { runError } from "../../components/runError";

it("is shown by Pulumi as its text, and has nothing to be formatted for minutes", () => {
  const error = runError("controller-1 has no public address");
  expect(pulumi.RunError.isInstance(error)).toBe(true);
  expect(error.message).toBe("controller-1 has no public address");
  expect(error.stack).toBe("");
});
