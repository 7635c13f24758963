import { beforeAll, describe, expect, it } from "vitest";
import { filesIn } from "../filesIn";
import { type Recording, record } from "./program";

const command = "command:remote:Command";
const clients = {
  app: { role: "readwrite", prefixes: ["/app/"] },
  db: { preset: "patroni" },
};

describe("clients", () => {
  let program: Recording;
  beforeAll(async () => {
    program = await record({ clients, accessControl: true });
  });

  it("have certificates under their own names, and without one where they have a password", async () => {
    const certificateSubject = { commonName: "etcd", country: "CN" };
    const named = await record({ clients, certificateSubject });
    expect(
      named.get("tls:index/certRequest:CertRequest", "client-app").inputs["subject"],
    ).toMatchObject({ commonName: "app", country: "CN" });
    // etcd's gateway refuses one that has a name.
    const { subject } = named.get("tls:index/certRequest:CertRequest", "client-db").inputs;
    expect(subject).toEqual({ country: "CN", organization: "etcd" });
  });

  it("get their rights when all members are done, and before the cluster is said to be healthy", () => {
    const access = program.get(command, "access");
    const members = ["controller-0", "controller-1", "controller-2"];
    expect(access.dependencies).toEqual(expect.arrayContaining(members.map(urnEnd)));
    expect(program.get(command, "health").dependencies).toContainEqual(urnEnd("access"));
  });

  const urnEnd = (name: string) => expect.stringMatching(new RegExp(`Command::${name}$`)) as string;

  it("have passwords that no command line and no output in plain has", () => {
    const { create, update, stdin, ...rest } = program.get(command, "access").inputs;
    const { users, ...passwords } = filesIn((stdin as { value: string }).value);
    expect(users).toContain("have app app@");
    expect(Object.keys(passwords).sort()).toEqual(["password_app", "password_db"]);
    const shown = JSON.stringify([create, update, rest["delete"], program.outputs["endpoints"]]);
    for (const password of Object.values(passwords)) {
      expect(password).toMatch(/^[\w-]{32}$/);
      expect(shown).not.toContain(password);
    }
    expect(program.outputs["clients"]).toMatchObject({ secret: true });
    const { db, app } = program.outputs["clients"].value;
    expect([db.password, app.password]).toEqual([passwords["password_db"], ""]);
    // Where git ignores them, and `npm run client` writes them.
    expect(program.outputs["connections"].value.app).toContain("=.etcd/test/app/client-key.pem\n");
    expect(program.outputs["connections"].value.db).toContain(
      `password: ${passwords["password_db"]}`,
    );
  });

  it("have their rights taken back when nobody has asked for any, and not with their cluster", () => {
    const { inputs, deletedWith } = program.get(command, "access");
    expect(deletedWith).toMatch(/::etcd:index:EtcdCluster\$etcd:index:Members::etcd$/);
    expect(inputs["create"]).toContain(" state=on ");
    expect(inputs["delete"]).toBe(String(inputs["create"]).replace("state=on", "state=off"));
  });

  it("are made where nobody asks for rights, and nothing is where there are none", async () => {
    const open = await record({ clients });
    expect(open.get(command, "access").inputs["create"]).toContain(" state=off ");
    const without = await record({});
    expect(without.all(command).map(({ name }) => name)).not.toContain("access");
  });

  it("get them again where the data is a snapshot's", async () => {
    const restored = await record({ clients, restoreFrom: __filename });
    expect(restored.get(command, "access").inputs["update"]).toMatch(/ restore=\w+$/);
  });
});
