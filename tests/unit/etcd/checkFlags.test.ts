import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { tempFolder } from "../../tempFolder";
import { runScript } from "./runScript";

const flags = ["--name=a", "--max-request-bytes=much"];
const unit = `ExecStart=/opt/etcd \\\n  ${flags.join(" \\\n  ")} \\\n  $FIRST_START_FLAGS\n`;

/** Runs `check_flags` with a program in etcd's place, which tells its arguments. */
function check({ etcd, placed = "" }: { etcd: string; placed?: string }) {
  const folder = tempFolder();
  fs.writeFileSync(
    path.join(folder, "etcd"),
    `#!/bin/bash\necho "$as $*" >${folder}/asked\n${etcd}\n`,
    {
      mode: 0o755,
    },
  );
  fs.writeFileSync(path.join(folder, "unit"), unit);
  fs.writeFileSync(path.join(folder, "etcd.service"), placed);
  const lines = `binaries=${folder} staging=${folder} units=${folder} service=etcd version=3.7.3
as_etcd() { as=etcd "$@"; }
check_flags`;
  const asked = path.join(folder, "asked");
  const { status, stderr } = runScript("member", lines);
  return { status, stderr, asked: fs.existsSync(asked) ? fs.readFileSync(asked, "utf8") : "" };
}

describe("a member's flags, before they are placed", () => {
  it("are asked of the etcd that is to run, which is not root for it", () =>
    expect(check({ etcd: "exit 0" })).toEqual({
      status: 0,
      stderr: "",
      asked: `etcd ${flags.join(" ")} --version\n`,
    }));

  it("are refused with what etcd says of them first", () => {
    const said = `invalid value "much" for flag -max-request-bytes: parse error`;
    const { status, stderr } = check({ etcd: `echo '${said}' >&2; echo Usage: >&2; exit 2` });
    expect(status).toBe(1);
    expect(stderr).toContain(
      `etcd 3.7.3 refuses its flags: ${said}. Nothing was changed: correct extraFlags`,
    );
    expect(stderr).not.toContain("Usage");
  });

  it("are not asked about again where they are placed already", () =>
    expect(check({ etcd: "exit 2", placed: unit })).toEqual({ status: 0, stderr: "", asked: "" }));
});
