import { describe, expect, it } from "vitest";
import { runScript } from "./runScript";

/** Three members: `c` has been added and never started, so it has no client URL yet. */
const cluster = `
  hostname() { echo here; }
  serves() { sleep "0.$((RANDOM % 3))"; [[ " $SERVING " == *" $1 "* ]]; }
  ctl() {
    case $2 in
      alarm) echo "$ALARMS"; return "$ALARMS_FAIL" ;;
      member) printf '%s\n' "\${MEMBERS[@]}" ;;
    esac
  }
  client_url=http://a:2379 peer_url=http://a:2380
  A='1, started, a, http://a:2380, http://a:2379, false'
  B='2, started, b, http://b:2380, http://b:2379, false'
  C='3, started, c, http://c:2380, http://c:2379, false'
  NEW='3, unstarted, , http://c:2380, , true'
  ALARMS="" ALARMS_FAIL=0 SERVING="http://b:2379 http://c:2379" MEMBERS=("$A" "$B" "$C")
`;

function run(changes: string, call: string) {
  return runScript("member", `${cluster}${changes}\n${call}`);
}

describe("before a healthy member is restarted", () => {
  it("nothing is in the way where all others serve and there is no alarm", () => {
    const { status, stderr } = run("", "check_others none; echo fine >&2");
    expect([status, stderr]).toEqual([0, "fine\n"]);
  });

  it.each([
    ["one does not serve", "SERVING=http://b:2379", /others do not answer: c\./],
    ["none does", "SERVING=", /others do not answer: b c\./],
    [
      "one has never started",
      'MEMBERS=("$A" "$B" "$NEW")',
      /others do not answer: http:\/\/c:2380\./,
    ],
    ["it is one of two", 'MEMBERS=("$A" "$B")', /one of two/],
    ["an alarm is raised", 'ALARMS="memberID:2 alarm:CORRUPT "', /an alarm \(memberID:2 alarm:COR/],
  ])("it is left as it is when %s", (_, changes, expected) => {
    const { status, stderr } = run(changes, "check_others none");
    expect(status).toBe(1);
    expect(stderr).toMatch(expected);
    expect(stderr).toContain("not restarting this healthy member");
  });

  it("alarms that could not be asked for are not taken for none", () => {
    const { status, stderr } = run("ALARMS_FAIL=1", "check_others none; echo fine >&2");
    expect(status).not.toBe(0);
    expect(stderr).not.toContain("fine");
  });

  it("a single member has nobody to wait for", () => {
    expect(run('MEMBERS=("$A") SERVING=', "check_others none").status).toBe(0);
  });
});

describe("restarting a member while an alarm is raised", () => {
  it.each([
    ["NOSPACE", "none", 1],
    ["NOSPACE", "NOSPACE", 0],
    ["CORRUPT", "NOSPACE", 1],
  ])("%s, with %s to be ended: ends with %d", (raised, ended, code) => {
    const { status, stderr } = run(`ALARMS="memberID:1 alarm:${raised} "`, `check_others ${ended}`);
    expect(status).toBe(code);
    expect(stderr.includes("the cluster has an alarm")).toBe(code === 1);
  });

  it.each([
    [400, "none"],
    [500, "NOSPACE"],
  ])("a quota of %d after 400 is to end %s", (quota, ended) => {
    const unit = `unit=$(mktemp); echo '  --quota-backend-bytes=${quota} \\' >"$unit"`;
    const before = "running_quota() { echo 400; }";
    const { stdout } = run(`${before}; ${unit}`, 'alarm_to_end; rm "$unit"');
    expect(stdout).toBe(`${ended}\n`);
  });
});

it("those that serve are told in the order in which they were asked for", () => {
  const { stdout } = run("", "serving http://c:2379 http://x:2379 http://b:2379");
  expect(stdout).toBe("http://c:2379\nhttp://b:2379\n");
});
