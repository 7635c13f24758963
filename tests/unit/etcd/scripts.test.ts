import { execFileSync, spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  quote,
  scriptCommand,
  scriptInput,
  scriptNames,
  filesInput,
  scriptText,
} from "../../../components/etcd/scripts";

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

describe("a script's arguments", () => {
  it("are variables of the script that it declares", () => {
    for (const script of scriptNames) {
      const source = scriptInput(script).replace(/\{ "\$@"; exit; \}\nend\n$/, "");
      const names = [...source.matchAll(/^([a-z_0-9]+)=.*#/gm)].map((match) => match[1]!);
      expect(names).not.toEqual([]);
      const check = `${source}\ntake_arguments ${names.map((n) => `${n}='$x ${n}'`).join(" ")}
        ${names.map((n) => `echo "$${n}"`).join("; ")}`;
      const output = execFileSync("bash", ["-s"], { input: check, encoding: "utf8" });
      expect(output.trim().split("\n")).toEqual(names.map((n) => `$x ${n}`));
    }
  });
});

describe("an argument that is none", () => {
  it.each(["lines[$(echo ran >&2)]=1", "PATH=/tmp", "9=1", "=1", "name", ""])("%j", (word) => {
    const input = `${scriptText("observe")}\ntake_arguments ${quote(word)}`;
    const { status, stderr } = spawnSync("bash", ["-s"], { input, encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^\S+: an argument is not of the form name=value: .* Nothing was changed\n$/,
    );
  });
});

describe("a script with files", () => {
  const secret = "-----BEGIN PRIVATE KEY-----";

  it("has none of them in its command", () => {
    const command = scriptCommand("member", { action: "create", name: "it's", tls: true });
    expect(command).toBe(`sudo -n bash -s -- member action=create 'name=it'\\''s' tls=true`);
  });

  it("hands them on as they are", () => {
    const text = `${secret}\n  50 % of $HOME\\n, \\x41 and "\\"\n\nend\n`;
    const lines = `config=$(mktemp -d); mkdir -p "$config"; receive_files; cat "$staging/a"; rm -r "$config"`;
    const input = `${scriptText("turn")}\n{ ${lines}; exit; }\n${filesInput({ a: text, b: "" })}`;
    expect(execFileSync("bash", ["-s"], { input, encoding: "utf8" })).toBe(text);
  });

  it("leaves out what bash only reads over, and nothing that it writes", () => {
    const sent = scriptInput("stage");
    expect(sent).not.toMatch(/^\s*# shellcheck|^ +local /m);
    expect(sent).toContain("\n#!/bin/sh\n# by-pulumi: ");
    expect(scriptText("stage")).toMatch(/^# shellcheck/m);
  });

  it("is one that bash takes", () => {
    for (const script of scriptNames) {
      execFileSync("bash", ["-n"], { input: scriptInput(script).replace(/\nend\n$/, "\n") });
    }
  });

  // With pipefail, a writer whose reader has gone fails the line, now and then (SIGPIPE).
  it("reads to the end what it pipes", () => {
    for (const script of scriptNames) {
      expect(scriptText(script)).not.toMatch(/[^|]\| *(grep (-\w*q|-m)|head )|awk .*\bexit\b/);
    }
  });

  // bash 5.2 now and then gives 255 for one that has succeeded.
  it("waits for no process substitution", () => {
    const pattern = /<\(.*(?:\n(?!.*&$).*)*?\n?.*\$!/m;
    expect(`exec {out}< <(ctl list)\nasked=$!\n`).toMatch(pattern);
    expect(`exec {out}< <(ctl list); asked=$!\n`).toMatch(pattern);
    expect(`mapfile -t all < <(list)\nserves "$url" &\nasked+=("$!")\n`).not.toMatch(pattern);
    for (const script of scriptNames) {
      expect(scriptText(script)).not.toMatch(pattern);
    }
  });
});
