import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quote, scriptCommand, scriptInput } from "../../../components/etcd/scripts";

const printable = fc.string().filter((text) => !text.includes("\0"));

describe("a word of the shell", () => {
  it("arrives as it was, whatever is in it", () => {
    fc.assert(
      fc.property(fc.array(printable, { minLength: 1, maxLength: 4 }), (words) => {
        const script = `printf '%s\\0' ${words.map(quote).join(" ")}`;
        const output = execFileSync("bash", ["-c", script], { encoding: "utf8" });
        expect(output.split("\0").slice(0, -1)).toEqual(words);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ["3.7.3", "3.7.3"],
    ["https://10.0.1.10:2379", "https://10.0.1.10:2379"],
    ["", "''"],
    ["it's", `'it'\\''s'`],
    ["$(reboot)", "'$(reboot)'"],
  ])("%s is written %s", (word, expected) => expect(quote(word)).toBe(expected));
});

describe("a script with files", () => {
  const secret = "-----BEGIN PRIVATE KEY-----";

  it("has none of them in its command", () => {
    const command = scriptCommand("member", "create");
    expect(command).toBe("sudo -n bash -s -- member create");
    expect(scriptInput("member", { "server.key": secret })).not.toContain(secret);
  });

  it("is one that bash takes", () => {
    for (const script of ["stage", "member", "health"] as const) {
      execFileSync("bash", ["-n"], { input: scriptInput(script).replace(/\nend\n$/, "\n") });
    }
  });
});
