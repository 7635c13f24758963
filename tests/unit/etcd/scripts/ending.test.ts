import { existsSync, statSync } from "node:fs";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { tempFolder } from "../../../tempFolder";
import { runScript } from "../runScript";

const here = "HOSTNAME=here.example.com\n";
const run = (lines: string) => runScript("disarm", `${here}${lines}`);

describe("a script that ends without success", () => {
  it("says where, and at what, if it has not said why", () => {
    const { status, stdout, stderr } = run(`
      look() { (exit 7); echo "goes on"; }
      disarm() { look; }
      disarm`);
    expect(status).toBe(7);
    expect(stdout).toBe("");
    expect(stderr).toMatch(
      /^here: ended with 7 at line \d+ \(look disarm( main)?\): \( exit 7 \)\. No reason was given: run pulumi up again/,
    );
  });

  it("tells no value of what failed", () => {
    const { stderr } = run(`secret=hunter2; refuse() { return 3; }; refuse "$secret"`);
    expect(stderr).toContain("ended with 3 at line");
    expect(stderr).not.toContain("hunter2");
  });

  it("says nothing more where it has said why, however deep that was", () => {
    const nested = `inner() { fail "the reason"; }
      outer() { local text; text=$(inner | cat); echo "goes on"; }`;
    for (const call of ["inner", "outer", "x=$(outer)", "(outer)"]) {
      expect(run(`${nested}\n${call}\necho "goes on"`)).toEqual({
        status: 1,
        stdout: "",
        stderr: "here: the reason\n",
      });
    }
  });

  it("says nothing more where it has waited in vain", () => {
    const { status, stderr } = run(`try_for 0 "a thing" false; echo "goes on"`);
    expect([status, stderr]).toEqual([1, "here: waited 0 s for a thing, in vain\n"]);
  });

  it("says it for a job in the background, which was to say why", () => {
    const { status, stderr } = run(`
      { watch_end; (exit 5); echo "goes on"; } &
      wait "$!" || echo "ended with $?" >&2`);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^here: ended with 5 at line .*\nended with 5\n$/);
  });

  it.each(["", "fail why", "(exit 7)"])("takes its staging folder away: %s", (end) => {
    const folder = tempFolder();
    const { stdout } = run(`make_staging ${folder}; echo "$staging"\n${end}`);
    expect(stdout.trim().startsWith(path.join(folder, ".staging."))).toBe(true);
    expect(existsSync(stdout.trim())).toBe(false);
  });

  it("takes back what it has changed for a while", () => {
    const { stdout, status } = run(`to_undo+=(back); back() { echo back; }; fail why`);
    expect([status, stdout]).toEqual([1, "back\n"]);
  });
});

describe("one at a time", () => {
  it("is kept by a lock that only root can take", () => {
    const folder = path.join(tempFolder(), "locks");
    const lines = `locks=${folder}; flock() { echo "flock $*"; }; lock etcd`;
    expect(run(lines)).toEqual({ status: 0, stdout: "flock -w 300 9\n", stderr: "" });
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it("waits for another one, and does not go on beside it", () => {
    const folder = tempFolder();
    const lines = `locks=${folder}
      eval "$(declare -f lock | sed 's/-w 300/-n/')"
      (lock etcd; touch ${folder}/held; exec sleep 5 >/dev/null 2>&1) & holder=$!
      until [[ -e ${folder}/held ]]; do sleep 0.05; done
      (lock etcd-b) && echo "another member's"
      (lock etcd) || echo "not this one's"
      kill "$holder"; wait "$holder" 2>/dev/null || true`;
    const { stdout, stderr } = run(lines);
    expect(stdout).toBe("another member's\nnot this one's\n");
    expect(stderr).toContain("has been at work on etcd for 300 s");
  });

  it.each(["observe", "turn", "member", "restore", "remove", "defrag", "stage", "access"] as const)(
    "is for %s, too, before it looks at anything",
    (script) => {
      const lines = `${here}
        wait_for_cloud_init() { :; }; check_machine() { :; }; renice() { :; }
        lock() { echo "lock $1"; exit; }
        ${script} service=etcd <<<look`;
      const { status, stdout } = runScript(script, lines);
      expect(status).toBe(0);
      expect(stdout).toBe(script === "stage" ? "lock etcd-release\n" : "lock etcd\n");
    },
  );
});
