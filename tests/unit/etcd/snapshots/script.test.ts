import { createHash } from "node:crypto";
import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { tempFolder } from "../../../tempFolder";
import { runScript } from "../runScript";

let folder: string;
beforeEach(() => {
  folder = tempFolder();
});

describe("retention", () => {
  /** Snapshots of these ages in days, the oldest last. */
  function place(...ages: number[]): string[] {
    return ages.map((age) => {
      const taken = new Date(Date.UTC(2026, 10, 21) - age * 86_400_000);
      const time = taken.toISOString().replace(/[-:]|\.\d+/g, "");
      const name = `etcd-${time}-r1-v3.7.3.db`;
      writeFileSync(path.join(folder, name), "");
      const written = Date.now() / 1000 - age * 86_400;
      utimesSync(path.join(folder, name), written, written);
      return name;
    });
  }
  const removeOld = (keep: number, days: number) =>
    runScript(
      "snapshot",
      `directory=${folder} service=etcd keep=${keep} keep_days=${days}; remove_old`,
    );

  it.each<[string, number[], number, number, number]>([
    ["keeps as many as it may", [0.1, 1.1, 2.1, 3.1], 3, 30, 3],
    ["keeps none that is too old", [0.1, 1.1, 8.1, 9.1], 10, 7, 2],
    ["keeps the newest, however old it is", [40.1, 41.1], 10, 30, 1],
    ["takes nothing where there is nothing to take", [0.1], 1, 1, 1],
  ])("%s", (_, ages, keep, days, left) => {
    const names = place(...ages);
    expect(removeOld(keep, days)).toMatchObject({ status: 0 });
    expect(readdirSync(folder).sort()).toEqual(names.slice(0, left).sort());
  });

  it("leaves alone whatever is not this member's snapshot", () => {
    place(0.1, 1.1);
    const others = ["etcd-a-20200101T000000Z-r1-v3.7.3.db", "backup.db", ".partial-etcd"];
    others.forEach((name) => writeFileSync(path.join(folder, name), ""));
    removeOld(1, 1);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(others));
    expect(readdirSync(folder)).toHaveLength(4);
  });
});

describe("the age of the newest one", () => {
  it("is told by the machine's own files", () => {
    const file = path.join(folder, "settings");
    writeFileSync(file, `service=etcd\ndirectory=${folder}\nminutes=60\nversion=3.7.3\n`);
    utimesSync(file, 1000, 1000);
    const ask = () => {
      const words = `upkeep settings=${file} data=${folder}`;
      const said = JSON.parse(runScript("upkeep", words).stdout) as {
        now: number;
        snapshots: object;
      };
      return { ...said.snapshots, now: said.now };
    };
    expect(ask()).toMatchObject({ minutes: 60, newest: 0, told: 1000 });
    [3000, 2000].forEach((time, day) => {
      const snapshot = path.join(folder, `etcd-2026112${day}T000000Z-r1-v3.7.3.db`);
      writeFileSync(snapshot, "");
      utimesSync(snapshot, time, time);
    });
    const { now, newest } = ask() as { now: number; newest: number };
    expect(newest).toBe(2000);
    expect(Math.abs(now - Date.now() / 1000)).toBeLessThan(60);
  });
});

describe("room for the next one", () => {
  /** Three of 700 MiB on a disk, by their names alone, and a database of that size. */
  const makeRoom = (freeMiB: number, sizes = [700, 700, 700]) => {
    sizes.forEach((size, index) =>
      writeFileSync(path.join(folder, `etcd-2026112${index}T000000Z-r1-v3.7.3.db`), `${size}`),
    );
    return runScript(
      "snapshot",
      `directory=${folder} service=etcd; tells() { echo $((700 * 1024 ** 2 - 1)); }
      free_mib() { echo $((${freeMiB} + 700 * (${sizes.length} - $(find ${folder} -type f | wc -l)))); }
      make_room`,
    );
  };
  const left = () => readdirSync(folder).map((name) => name.slice(5, 13));

  it.each([
    [1212, ["20261120", "20261121", "20261122"]],
    [1211, ["20261121", "20261122"]],
    [512, ["20261121", "20261122"]],
    [511, ["20261122"]],
  ])("is made by the oldest: %d MiB are free", (free, expected) => {
    expect(makeRoom(free)).toMatchObject({ status: 0 });
    expect(left()).toEqual(expected);
  });

  it("is never made by the newest, and the disk is not filled", () => {
    const { status, stderr } = makeRoom(-600 + 411);
    expect(status).toBe(1);
    expect(stderr).toContain("has 1211 MiB free, and a snapshot needs 1212 MiB, of which 512 stay");
    expect(left()).toEqual(["20261122"]);
  });

  it("is taken up by nothing that one left when it was killed, and another member's is its own", () => {
    const name = "etcd-20261122T000000Z-r1-v3.7.3.db";
    const others = ["etcd-b-20261122T000000Z-r1-v3.7.3.db.part", ".partial-etcd-b", "somebody's"];
    const own = [".partial-etcd", ".partial-etcd.part", `${name}.part`, `${name}.part.headers`];
    [name, ...others, ...own].forEach((file) => writeFileSync(path.join(folder, file), ""));
    const { status } = runScript(
      "snapshot",
      `directory=${folder} service=etcd; remove_unfinished; remove_unfinished`,
    );
    expect(status).toBe(0);
    expect(readdirSync(folder).sort()).toEqual([name, ...others].sort());
  });

  it("is asked for where there is none yet, too", () => {
    expect(makeRoom(1212, [])).toMatchObject({ status: 0 });
    expect(makeRoom(1211, []).status).toBe(1);
  });
});

describe("a snapshot's file", () => {
  // A stand-in for etcdutl: what is tested is the checksum at the file's end.
  function check(content: Buffer) {
    const file = path.join(folder, "snapshot.db");
    writeFileSync(file, content);
    return runScript(
      "restore",
      `snapshot_tool() { echo '{"revision":7}'; }; check_snapshot ${file} "the snapshot"; number revision "$status"`,
    );
  }
  const content = Buffer.from("bolt".repeat(1000));
  const whole = Buffer.concat([content, createHash("sha256").update(content).digest()]);

  it("is taken when it is whole", () => {
    expect(check(whole)).toMatchObject({ status: 0, stdout: "7\n" });
  });

  it.each([
    ["truncated", whole.subarray(0, 3000)],
    ["changed", Buffer.concat([Buffer.from("X"), whole.subarray(1)])],
    ["empty", Buffer.alloc(0)],
    ["something else", Buffer.from("hello")],
  ])("is refused when it is %s", (_, bytes) => {
    const { status, stderr } = check(bytes);
    expect(status).toBe(1);
    expect(stderr).toMatch(/the snapshot \(\d+ bytes\) is truncated, damaged or no snapshot/);
  });
});

describe("a snapshot's version", () => {
  const check = (version: string, status: string, file: string) =>
    runScript(
      "restore",
      `version=${version} status='${status}' uploaded='${file}'; check_snapshot_version it`,
    );

  it.each([
    ["3.7.3", '{"version":"3.7.0"}', "x.db"],
    ["3.7.3", '{"version":"3.6.0"}', "x.db"],
    ["3.6.16", '{"version":""}', "x.db"],
    ["3.5.35", "{}", "x.db"],
    ["3.5.35", "{}", "etcd-20261121T120000Z-r1-v3.4.23.db"],
    ["3.4.23", "{}", "x.db"],
  ])("fits etcd %s: %s, %s", (version, status, file) => {
    expect(check(version, status, file)).toMatchObject({ status: 0, stderr: "" });
  });

  it.each([
    ["3.6.16", '{"version":"3.7.0"}', "x.db", "which cannot read it. Set version to 3.7"],
    ["3.5.35", "{}", "etcd-20261121T120000Z-r1-v3.6.16.db", "Set version to 3.6"],
    ["3.7.3", '{"version":""}', "x.db", "Restore it with the latest 3.6, then go up"],
    ["3.6.16", "{}", "etcd-20261121T120000Z-r1-v3.4.23.db", "Restore it with the latest 3.5"],
  ])("does not fit etcd %s: %s, %s", (version, status, file, text) => {
    const result = check(version, status, file);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(text);
  });
});

describe("what S3 has against a request", () => {
  it.each([
    [
      "<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
      "AccessDenied (Access Denied) ",
    ],
    ["curl: (7) Failed to connect", "curl: (7) Failed to connect "],
  ])("%s is %s", (body, reason) => {
    expect(runScript("snapshot", `s3_reason "${body}" --upload-file x`).stdout.trim()).toBe(
      reason.trim(),
    );
  });
});

describe("a store that takes nothing", () => {
  it("fills no disk: what is kept here is pruned before and after each snapshot", () => {
    for (let day = 10; day < 16; day++) {
      writeFileSync(path.join(folder, `etcd-202611${day}T000000Z-r1-v3.7.3.db`), "");
    }
    const { status, stderr } = runScript(
      "snapshot",
      `directory=${folder} service=etcd keep=3 keep_days=9999 when=now bucket=b prefix=p/
       save() { ls "$directory" >"$directory/seen"; file=$directory/etcd-20261116T000000Z-r1-v3.7.3.db; : >"$file"; }
       s3_put() { fail "AccessDenied"; }
       take`,
    );
    expect(status).toBe(1);
    expect(stderr).toContain("AccessDenied");
    const snapshots = (names: string[]) => names.filter((name) => name.endsWith(".db"));
    expect(snapshots(readdirSync(folder)).map((name) => name.slice(11, 13))).toEqual([
      "14",
      "15",
      "16",
    ]);
    const seen = readFileSync(path.join(folder, "seen"), "utf8").split("\n");
    expect(snapshots(seen)).toHaveLength(3);
  });
});

describe("whether one is due", () => {
  const fresh = '{"time":999999,"cluster":"own"}';
  /** @param own when this machine's own newest one was taken */
  const due = (record: string, own: number | null = 999_999) => {
    if (own !== null) {
      const file = path.join(folder, "etcd-20261121T120000Z-r1-v3.7.3.db");
      writeFileSync(file, "");
      utimesSync(file, own, own);
    }
    const { status, stdout, stderr } = runScript(
      "snapshot",
      `serves() { :; }; my_entry() { echo 1,; }; leader_id() { echo 1; }
       ctl() { echo '${record}'; }; date() { [[ $1 == +%s ]] && echo 1000000 || command date "$@"; }
       service=etcd; directory=${folder}; cluster=own; minutes=60; if is_due; then echo due; fi`,
    );
    expect([status, stderr]).toEqual([0, ""]);
    return stdout === "due\n";
  };

  it.each<[string, boolean, string]>([
    ["there was none", true, ""],
    ["the last one is an hour old", true, '{"time":996400,"cluster":"own"}'],
    ["the last one is younger", false, '{"time":996500,"cluster":"own"}'],
    ["it is of the cluster that this one began from", true, '{"time":996500,"cluster":"other"}'],
    ["a client has written a time to come", true, '{"time":99999999999,"cluster":"own"}'],
    ["the clock that took it was a little ahead", false, '{"time":1000200,"cluster":"own"}'],
  ])("where %s: %s", (_, isDue, record) => expect(due(record)).toBe(isDue));

  it.each<[string, boolean, number | null]>([
    ["has one of its own that is young", false, 996_431],
    ["has an old one of its own, whatever a client has written", true, 996_430],
    ["has none of its own, whatever a client has written", true, null],
  ])("where the leader %s: %s", (_, isDue, own) => expect(due(fresh, own)).toBe(isDue));

  it("where the only one is of a time to come, by a clock that was ahead: true", () => {
    writeFileSync(path.join(folder, "etcd-29301121T120000Z-r1-v3.7.3.db"), "");
    expect(due(fresh, null)).toBe(true);
  });

  it("where there is no folder for them yet: true", () => {
    folder = path.join(folder, "none");
    expect(due(fresh, null)).toBe(true);
  });
});
