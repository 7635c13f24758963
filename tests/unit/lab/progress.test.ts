import { expect, it } from "vitest";
import { runLocalCommand } from "../../../lab/inprocess/localCommand";

it("a local command's lines are told while it runs, and its input is read", async () => {
  const lines: string[] = [];
  const result = await runLocalCommand("echo one >&2; cat; echo two >&2", "input\n", (line) =>
    lines.push(line),
  );
  expect(lines).toEqual(["one", "two"]);
  expect(result).toEqual({ stdout: "input", stderr: "one\ntwo" });
});

it("a local command that fails says what it said", async () => {
  await expect(runLocalCommand("echo no >&2; exit 3", "")).rejects.toThrow(
    'exit status 3: running "echo no >&2; exit 3":\nno',
  );
});
