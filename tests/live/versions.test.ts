import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { Lab } from "../../lab/lab";
import { ensureReleases } from "../../lab/mirror/releases";
import { defragment } from "../../components/etcd/remote/defrag";
import { askHealth } from "../../components/etcd/remote/health";
import type { StackOutputs } from "../../operator/stack";
import { etcdctl, onController } from "./cluster";
import { expectPutAndGet, expectThreeHealthyMembers } from "./expectations";

/** The oldest minor version; the others are what other live tests begin with. */
const versions = ["3.4.23"];

describe.skipIf(!inject("canRunLab")).each(versions)("etcd %s, from nothing", (version) => {
  const lab = new Lab(() => undefined);
  let outputs: StackOutputs;
  let whyNot: string | undefined;

  beforeAll(async () => {
    await lab.down();
    whyNot = await whyNotInMirror(version);
    if (whyNot !== undefined) {
      return;
    }
    outputs = await lab.up(await lab.engine("in-process"), { version });
  });
  afterAll(() => lab.down());

  it("makes three healthy members", async ({ skip }) => {
    skip(whyNot !== undefined, whyNot);
    await expectThreeHealthyMembers(outputs);
  });

  it("reads on each member what was written on another", async ({ skip }) => {
    skip(whyNot !== undefined, whyNot);
    await expectPutAndGet(outputs);
  });

  it("runs that version and no other, started once", async ({ skip }) => {
    skip(whyNot !== undefined, whyNot);
    for (const { name } of outputs.members) {
      const metrics = await onController(
        outputs,
        name,
        "curl -sf --max-time 5 http://127.0.0.1:2381/metrics | grep ^etcd_server_version",
      );
      expect(metrics).toBe(`etcd_server_version{server_version="${version}"} 1`);
      expect(await onController(outputs, name, "etcdctl version")).toContain(
        `etcdctl version: ${version}\n`,
      );
      const restarts = "systemctl show --property=NRestarts --value etcd";
      expect(await onController(outputs, name, restarts)).toBe("0");
    }
  });

  it("tells its members' ids and sizes in a way that is understood", async ({ skip }) => {
    skip(whyNot !== undefined, whyNot);
    const { members } = await askHealth(outputs);
    const listed = (await etcdctl(outputs, ["member", "list"])).trim().split("\n");
    expect(members.map((member) => `${member.id} ${member.name}`).sort()).toEqual(
      listed
        .map((line) => line.split(", "))
        .map(([id, , name]) => `${id} ${name}`)
        .sort(),
    );
    for (const { latencyMs, dbSizeBytes, dbSizeInUseBytes } of members) {
      expect(latencyMs).toBeGreaterThan(0);
      expect(dbSizeInUseBytes).toBeGreaterThan(0);
      expect(dbSizeBytes).toBeGreaterThanOrEqual(dbSizeInUseBytes!);
    }
  });

  it("is defragmented, the leader last, which ends an alarm (raised by request)", async ({
    skip,
  }) => {
    skip(whyNot !== undefined, whyNot);
    const before = await askHealth(outputs);
    await raiseNoSpace(outputs, before.members[1]!.id!);
    const alarmed = await askHealth(outputs);
    expect(alarmed.verdict).toMatch(/^controller-1 raised NOSPACE: /);
    expect(alarmed.members.map((member) => member.alarms)).toEqual([[], ["NOSPACE"], []]);
    expect(alarmed.members.every((member) => member.healthy)).toBe(true);
    await expect(etcdctl(outputs, ["put", "no", "space"])).rejects.toThrow(/space exceeded/);

    const said: string[] = [];
    await defragment(outputs, { compact: true, log: (line) => void said.push(line) });
    const order = said.flatMap((line) => /^(\S+): .* MiB → /.exec(line)?.[1] ?? []);
    expect(new Set(order).size).toBe(3);
    expect(order[2]).toBe(before.members.find((member) => member.leader)!.name);
    await expectThreeHealthyMembers(outputs);
    await etcdctl(outputs, ["put", "some", "space"]);
  });

  it("has no objection to a flag", async ({ skip }) => {
    skip(whyNot !== undefined, whyNot);
    for (const { name } of outputs.members) {
      const log = await onController(
        outputs,
        name,
        "sudo journalctl --unit=etcd --output=cat --no-pager",
      );
      expect(log).toContain("serving client traffic securely");
      expect(objections(log)).toEqual([]);
    }
  });
});

/** Raises an alarm on one member, as etcd does by itself when its quota is used up. */
async function raiseNoSpace(outputs: StackOutputs, hexId: string): Promise<void> {
  const request = { action: "ACTIVATE", memberID: BigInt(`0x${hexId}`).toString(), alarm: 1 };
  const credentials = ["cacert ca.crt", "cert operator.crt", "key operator.key"].map((option) =>
    `--${option}`.replace(" ", " /etc/etcd/pki/"),
  );
  await onController(
    outputs,
    "controller-0",
    `sudo curl --silent --fail --max-time 5 ${credentials.join(" ")} ` +
      `--data '${JSON.stringify(request)}' https://127.0.0.1:2379/v3/maintenance/alarm`,
  );
}

/** Undefined where the mirror has the version, else the reason in its own words. */
async function whyNotInMirror(version: string): Promise<string | undefined> {
  return ensureReleases([version], () => undefined).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

/**
 * What etcd said against its flags or variables: as an entry of its log above the level of
 * information, or in plain text before it has a log.
 */
function objections(log: string): string[] {
  return log.split("\n").filter((line) => {
    if (!line.startsWith("{")) {
      return isAboutFlags(line);
    }
    const { level, msg, error = "" } = JSON.parse(line) as Record<string, string>;
    return !["debug", "info"].includes(level!) && isAboutFlags(`${msg} ${error}`);
  });
}

function isAboutFlags(text: string): boolean {
  return /flag|deprecat|unrecogni|unknown|ETCD_/i.test(text);
}
