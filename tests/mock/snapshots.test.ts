import { beforeAll, describe, expect, it } from "vitest";
import { filesIn } from "../filesIn";
import { type Recording, record } from "./program";

const command = "command:remote:Command";
const secret = "wJalrXUtnFEMIKEXAMPLEKEY";
const store = {
  sshCidrs: ["203.0.113.7/32"],
  snapshotBucket: "backups",
  snapshotAccessKeyId: "AKIAEXAMPLE",
  snapshotSecretAccessKey: secret,
};
const names = ["controller-0", "controller-1", "controller-2"];

/** What a script is given on its standard input, by its name. */
function filesOf(program: Recording, name: string): Record<string, string> {
  const stdin = program.get(command, name).inputs["stdin"] as { value: string };
  return filesIn(stdin.value);
}

describe("snapshots", () => {
  let program: Recording;
  beforeAll(async () => {
    program = await record(store, ["snapshotSecretAccessKey"]);
  });

  it("are known to every machine: where they go, and how they are kept", () => {
    const files = filesOf(program, "controller-1");
    expect(files["snapshot-settings"]!.split("\n")).toEqual(
      expect.arrayContaining([
        "client_url=https://10.0.2.10:2379",
        "directory=/var/lib/etcd-snapshots",
        "minutes=60",
        "keep=10",
        "keep_days=30",
        "bucket=backups",
        // Whose they are: two stacks with one bucket do not mix.
        `prefix=etcd/${program.outputs["clusterId"].value}/`,
        "keys_file=/etc/etcd/snapshot/credentials",
      ]),
    );
    expect(files["snapshot-credentials"]).toBe(`AKIAEXAMPLE:${secret}\n`);
    expect(files["snapshot.timer"]).toContain("OnUnitActiveSec=900\n");
  });

  it("have their secret access key in secret standard input alone", () => {
    const everything = program.registrations.map(({ inputs }) => inputs);
    const shown = everything.map((inputs) => ({ ...inputs, stdin: "" }));
    expect(JSON.stringify(shown)).not.toContain(secret);
    for (const name of names) {
      expect(program.get(command, name).inputs["stdin"]).toMatchObject({
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      });
    }
  });

  it("make nothing to restore, where nothing is to be restored", () => {
    expect(program.all(command).filter(({ name }) => name.endsWith("-restore"))).toEqual([]);
  });
});

describe("what a cluster begins from", () => {
  it("is checked on every machine before any member is touched", async () => {
    const program = await record({ ...store, restoreFrom: "s3://backups/etcd/etcd.db" }, [
      "snapshotSecretAccessKey",
    ]);
    for (const name of names) {
      const { inputs } = program.get(command, `${name}-restore`);
      expect(inputs["create"]).toContain(" bucket=backups key=etcd/etcd.db region=");
      expect(inputs["update"]).toBe("true");
      const { dependencies } = program.get(command, name);
      for (const other of names) {
        expect(dependencies.some((urn) => urn.endsWith(`::${other}-restore`))).toBe(true);
      }
    }
  });

  it("changes what every member is asked for, though its unit stays as it is", async () => {
    const settings = { sshCidrs: store.sshCidrs };
    const asked = async (more: object) => {
      const program = await record({ ...settings, ...more });
      return names.map((name) => program.get(command, name).inputs["update"] as string);
    };
    const [before, after] = [await asked({}), await asked({ restoreFrom: __filename })];
    expect(before.join()).not.toContain("restore=");
    for (const text of after) {
      expect(text).toMatch(/ restore=[0-9a-f]{8}( |$)/);
    }
  });

  it("is uploaded to a folder of the SSH user's own, where it is a file here", async () => {
    const program = await record({ sshCidrs: store.sshCidrs, restoreFrom: __filename });
    const upload = program.get("command:remote:CopyToRemote", "controller-0-snapshot");
    expect(upload.inputs["remotePath"]).toMatch(
      /^\/var\/lib\/etcd-uploads\/controller-0-[0-9a-f]{8}\.db$/,
    );
    const stage = program.get(command, "controller-0-stage");
    expect(stage.inputs["create"]).toContain(" uploads=/var/lib/etcd-uploads ");
    expect(upload.dependencies.some((urn) => urn.endsWith("::controller-0-stage"))).toBe(true);
  });
});
