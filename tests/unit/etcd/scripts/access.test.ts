import { beforeEach, describe, expect, it } from "vitest";
import {
  accessFiles,
  accessUsers,
  type Client,
  digestOf,
} from "../../../../components/etcd/access";
import { FakeMachine } from "./machine";

const app: Client = {
  preset: "",
  role: "readwrite",
  prefixes: ["/app/"],
  keys: [],
  password: false,
};
const other: Client = { ...app, role: "readonly" };

/** etcd's users and roles in files, as etcdctl tells and changes them. */
const etcd = (root: string) => `
  ctl() {
    shift
    local what="$1 $2" file=${root}/etcd/$1s
    case "$what" in
      "auth status") echo "Authentication Status: $(<${root}/etcd/auth)"; return ;;
      "role list") ls ${root}/etcd/roles; return ;;
      "user get")
        [[ -e $file/$3 ]] || { echo "Error: etcdserver: user name not found" >&2; return 1; }
        printf 'User: %s\\nRoles: %s\\n' "$3" "$(tr '\\n' ' ' <"$file/$3")"
        return
        ;;
    esac
    told "$*"
    [[ ! -e ${root}/refuses || "$*" != *"$(<${root}/refuses)"* ]] || { echo "Error: etcdserver: too many requests" >&2; return 1; }
    case "$what" in
      "auth "*) [[ $2 == enable ]] && echo true >${root}/etcd/auth || echo false >${root}/etcd/auth ;;
      *" add")
        [[ ! -e $file/$3 ]] || { echo "Error: etcdserver: $1 name already exists" >&2; return 1; }
        : >"$file/$3"
        [[ $* != *--interactive=false* ]] || cat >>${root}/etcd/passwords
        ;;
      *" delete")
        [[ -e $file/$3 ]] || { echo "Error: etcdserver: $1 name not found" >&2; return 1; }
        rm "$file/$3"
        ;;
      "user passwd") cat >>${root}/etcd/passwords ;;
      "user grant-role") echo "$4" >>"$file/$3" ;;
      "user revoke-role")
        grep -qx "$4" "$file/$3" || { echo "Error: etcdserver: role is not granted to the user" >&2; return 1; }
        sed -i "/^$4\$/d" "$file/$3"
        ;;
      "role grant-permission") echo "\${*:4}" >>"$file/$3" ;;
    esac
  }`;

let machine: FakeMachine;
beforeEach(() => {
  machine = new FakeMachine();
  machine.claim();
  machine.write("etcd/auth", "false\n");
  machine.write("etcd/users/.keep", "");
  machine.write("etcd/roles/.keep", "");
});

/** The clients' roles, by their names, as the program calls them. */
const rolesOf = (clients: Record<string, Client>, passwords = passwordsOf(clients)) =>
  Object.fromEntries(usersOf(clients, passwords).map(({ name, role }) => [name, role]));

const passwordsOf = (clients: Record<string, Client>) =>
  Object.fromEntries(Object.keys(clients).map((name) => [name, `of-${name}`]));

const usersOf = (clients: Record<string, Client>, passwords: Record<string, string>) =>
  accessUsers(
    clients,
    Object.fromEntries(Object.entries(passwords).map(([name, text]) => [name, digestOf(text)])),
  );

function access(
  state: "on" | "off",
  clients: Record<string, Client>,
  passwords = passwordsOf(clients),
) {
  const before = machine.told.length;
  const result = machine.run("access", {
    args: { state },
    bundle: accessFiles(usersOf(clients, passwords), passwords),
    instead: etcd(machine.root),
  });
  return { ...result, told: machine.told.slice(before).filter((line) => !line.startsWith("lock")) };
}

describe("the users and roles of a cluster", () => {
  it("are made before access is controlled, with passwords that no command line has", () => {
    const { status, stdout, stderr, told } = access("on", { app });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '{"access":"on"}\n' });
    expect(told.at(-1)).toBe("auth enable");
    const role = rolesOf({ app })["app"]!;
    expect(machine.read(`etcd/roles/${role}`)).toBe("readwrite /app/ --prefix\n");
    expect(machine.read("etcd/users/app")).toBe(`${role}\n`);
    expect(machine.read("etcd/users/root")).toMatch(/^root\nroot@/);
    expect(machine.read("etcd/passwords")).toBe("of-appof-app");
    expect(stderr + told.join()).not.toContain("of-app");
  });

  it("are left alone where they are there", () => {
    access("on", { app });
    expect(access("on", { app })).toMatchObject({ status: 0, told: [] });
  });

  it("of a client with other rights: its new role comes before the old one goes", () => {
    access("on", { app });
    const [from, to] = [rolesOf({ app })["app"]!, rolesOf({ app: other })["app"]!];
    const { told } = access("on", { app: other });
    expect(told.indexOf(`user grant-role app ${to}`)).toBeGreaterThan(0);
    expect(told.at(-1)).toBe(`role delete ${from}`);
    expect(told).not.toContain("user delete app");
    expect(machine.has(`etcd/roles/${from}`)).toBe(false);
  });

  it("of a client that is gone are taken away, and nobody else's", () => {
    access("on", { app, other });
    machine.write("etcd/roles/by-hand", "");
    machine.write("etcd/users/somebody", "by-hand\n");
    const { told } = access("on", { other });
    expect(told).toEqual(["user delete app", `role delete ${rolesOf({ app })["app"]}`]);
    expect(machine.has("etcd/users/somebody")).toBe(true);
  });

  it.each(["role add app@", "user add app", "user grant-role app", "auth enable"])(
    "are finished where an update came no further than before %s",
    (words) => {
      machine.write("refuses", words);
      expect(access("on", { app }).stderr).toContain("too many requests. Run pulumi up again");
      machine.write("refuses", "no such words");
      expect(access("on", { app }).status).toBe(0);
      expect(machine.read("etcd/users/app")).toBe(`${rolesOf({ app })["app"]}\n`);
      expect(machine.read("etcd/auth")).toBe("true\n");
    },
  );

  it("whose user went and whose role did not are known at the next try", () => {
    access("on", { app });
    machine.write("refuses", "role delete");
    expect(access("on", {}).stderr).toContain("etcdctl role delete app@");
    machine.write("refuses", "no such words");
    expect(access("on", {})).toMatchObject({ status: 0 });
    expect(machine.has(`etcd/roles/${rolesOf({ app })["app"]}`)).toBe(false);
  });

  it("are asked for no longer before any of them goes", () => {
    access("on", { app });
    expect(access("off", {}).told[0]).toBe("auth disable");
    expect(machine.read("etcd/auth")).toBe("false\n");
  });

  it("are left as they are where somebody else has turned access control on, however often", () => {
    machine.write("etcd/auth", "true\n");
    for (const clients of [{ app }, { app, other }] as Record<string, Client>[]) {
      const { status, stderr, told } = access("off", clients);
      expect({ status, told }).toEqual({ status: 0, told: [] });
      expect(stderr).toContain("not by this stack: all of it is left as it is. Set accessCon");
    }
    // It is taken over by asking for it, and then it can be turned off.
    expect(access("on", { app }).told).not.toContain("auth enable");
    expect(access("off", { app }).told[0]).toBe("auth disable");
  });

  it("are nobody's again where turning access control off was ended in the middle", () => {
    access("on", { app });
    machine.write("refuses", "role delete etcd-by-pulumi");
    expect(access("off", { app }).status).toBe(1);
    machine.write("refuses", "no such words");
    expect(access("off", { app }).status).toBe(0);
    // If it is turned on now, somebody has done it by hand.
    machine.write("etcd/auth", "true\n");
    expect(access("off", { app }).stderr).toContain("not by this stack");
  });

  it("of one that had all rights: they are taken back", () => {
    access("on", { app: { ...app, role: "root", prefixes: [] } });
    expect(machine.read("etcd/users/app")).toMatch(/^root$/m);
    access("on", { app });
    expect(machine.read("etcd/users/app")).not.toMatch(/^root$/m);
  });

  it("are their own, whatever a client is called", () => {
    expect(access("on", { users: app })).toMatchObject({ status: 0 });
    expect(machine.read("etcd/users/operator")).toMatch(/^root$/m);
    expect(machine.has("etcd/users/users")).toBe(true);
  });

  it("get another password where it is another", () => {
    access("on", { app });
    const { told } = access("on", { app }, { app: "another" });
    expect(told).toContain("user passwd app --interactive=false");
    expect(machine.read("etcd/passwords")).toMatch(/another$/);
  });

  it("are none that would leave nobody with all rights", () => {
    access("on", { app });
    const { stderr } = machine.run("access", {
      args: { state: "on" },
      bundle: { users: "" },
      instead: etcd(machine.root),
    });
    expect(stderr).toContain("are without root: nobody is taken away");
    expect(machine.has("etcd/users/operator")).toBe(true);
  });

  it("are not touched where etcd does not say what there is", () => {
    const silent = machine.run("access", {
      args: { state: "on" },
      bundle: accessFiles(usersOf({ app }, {}), {}),
      instead: 'ctl() { echo "Error: etcdserver: permission denied" >&2; return 1; }',
    });
    expect(silent.status).toBe(1);
    expect(silent.stderr).toMatch(/could not be asked: .*permission denied.* Nothing was changed/);
  });
});
