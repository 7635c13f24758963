import { describe, expect, it } from "vitest";
import { runScript } from "./runScript";

/** An etcd that is not there: what it would say, and a line for each thing that it is told to do. */
const nobody = `
  exec 5>&2
  HOSTNAME=here
  lock() { :; }
  check_identity() { :; }
  serves() { true; }
  ctl() { ctl_for 5 "$@"; }
  ctl_for() {
    case $3 in
      alarm) [[ $4 == list ]] && echo "$ALARMS" || echo "disarmed" >&2 ;;
      member) printf '1, started, a, http://a:2380, http://a:2379, false\n2, started, b, http://b:2380, http://b:2379, false\n' ;;
      endpoint) echo '[{"Status":{"header":{"revision":42},"dbSize":300,"dbSizeInUse":'"$IN_USE"'}}]' ;;
      compact) echo "$COMPACTION" && [[ -z $COMPACTION ]] ;;
      *) echo "told: \${*:3}" >&5 ;;
    esac
  }
  leader_id() { echo 1; }
  running_quota() { echo 400; }
  df() { printf 'Avail\n%s\n' "$FREE"; }
  ALARMS="" IN_USE=100 FREE=1000 COMPACTION=""
`;

function run(script: "defrag" | "disarm", changes: string, call: string) {
  return runScript(script, `${nobody}${changes}\n${call}`);
}

describe("defragmenting a member", () => {
  const call = "defrag client_url=http://a:2379 peer_url=http://a:2380 data=/d compact=";

  it("moves the leadership away first, and tells the sizes", () => {
    const { stdout, stderr } = run("defrag", "", `${call}false`);
    expect(stderr.match(/moving the leadership to 2|told: .*/g)).toEqual([
      "moving the leadership to 2",
      "told: move-leader 2",
      "told: defrag",
    ]);
    const size = { sizeBytes: 300, inUseBytes: 100 };
    expect(JSON.parse(stdout)).toEqual({ before: size, after: size, quotaBytes: 400 });
  });

  it.each(["", "Error: etcdserver: mvcc: required revision has been compacted"])(
    "compacts on request, where etcd says '%s'",
    (said) => {
      const { status, stderr } = run("defrag", `COMPACTION="${said}"`, `${call}true`);
      expect(stderr).toMatch(/up to revision 42\n[^]*defragmenting\ntold: defrag/);
      expect(status).toBe(0);
    },
  );

  it.each([
    ["it does not serve", "serves() { false; }", /does not serve reads. See npm run health/],
    ["another one does not", "serves() { [[ $1 == *a* ]]; }", /others do not answer: b. See/],
    [
      "the history cannot be compacted",
      'COMPACTION="Error: permission denied"',
      /could not be compacted: Error: permission denied/,
    ],
    [
      "the disk has no room for a copy",
      `IN_USE=${1024 ** 3} FREE=1024`,
      /\/d has 1024 MiB free, and a second copy of the database needs 1254 MiB/,
    ],
  ])("leaves it as it is when %s", (_, changes, expected) => {
    const { status, stderr } = run("defrag", changes, `${call}true`);
    expect(status).toBe(1);
    expect(stderr).toMatch(expected);
    expect(stderr).not.toContain("told: defrag");
  });
});

describe("disarming", () => {
  const noSpace = "memberID:1 alarm:NOSPACE ";

  it.each([
    [noSpace, 0, "disarmed\n"],
    [`${noSpace}\nmemberID:2 alarm:CORRUPT `, 1, /another alarm is raised \(memberID:2 alarm:CO/],
  ])("%s: ends with %d", (alarms, code, expected) => {
    const { status, stderr } = run("disarm", `ALARMS="${alarms}"`, "disarm");
    expect(status).toBe(code);
    expect(stderr).toMatch(expected);
  });
});
