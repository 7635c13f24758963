import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { clusterId, FakeMachine, otherId } from "./machine";

let machine: FakeMachine;
beforeEach(() => {
  machine = new FakeMachine();
});

/** A device is a file here, and what would be done to it is written down. */
const devices = (kind: string) => `
  mkfs.ext4() { told mkfs "$*"; }
  blkid() { echo "${kind}"; }
  test() { :; }
  stat() { echo etcd; }
  install() { told install "$*"; command install -d "\${@: -1}"; }
`;

describe("the data volume", () => {
  const device = () => path.join(machine.root, "device");
  function mount(content: Buffer, kind: string, before = "") {
    fs.writeFileSync(device(), content);
    return machine.run("stage", {
      args: { device: device() },
      instead: `${devices(kind)}${before}
        stage() { take_arguments "$@"; prepare_data_directory; }`,
    });
  }
  const blank = Buffer.alloc(2 * 1024 * 1024);
  const used = (at: number) => {
    const content = Buffer.from(blank);
    content[at] = 1;
    return content;
  };
  const told = () => machine.told.filter((line) => !line.startsWith("install"));
  // At each boot, too, also before there is a unit of etcd that would require it.
  const mounted = ["systemctl enable --quiet --no-reload data.mount", "systemctl start data.mount"];

  it("is formatted where it is blank, and mounted", () => {
    expect(mount(blank, "ext4")).toMatchObject({ status: 0 });
    expect(told()).toEqual([`mkfs -q -m 0 -L etcd ${device()}`, ...mounted]);
    expect(machine.read("units/data.mount")).toContain(
      `What=${device()}\nWhere=${machine.data}\nType=ext4\n`,
    );
    expect(machine.read("units/data.mount")).toMatch(/\[Install\]\nWantedBy=multi-user.target\n$/);
    expect(machine.told.at(-1)).toBe(`install -d -m 0700 -o etcd -g etcd ${machine.data}`);
  });

  it.each([0, 1080, 1024 * 1024 - 1])("is not formatted with anything on it: byte %d", (at) => {
    expect(mount(used(at), "ext4")).toMatchObject({ status: 0 });
    expect(told()).toEqual(mounted);
  });

  it.each(["xfs", "LVM2_member", ""])("is refused with something else than ext4: '%s'", (kind) => {
    const { status, stderr } = mount(used(0), kind);
    expect(status).toBe(1);
    expect(stderr).toContain(`holds ${kind || "no file system"}`);
    expect(stderr).toContain("nothing was formatted");
    expect(told()).toEqual([]);
    expect(machine.has("units/data.mount")).toBe(false);
  });

  it("is not formatted where it cannot be read", () => {
    expect(mount(blank, "ext4", "cmp() { return 2; }").status).toBe(0);
    expect(told()).toEqual(mounted);
  });

  it("hides no data", () => {
    machine.holdData();
    const { status, stderr } = mount(used(0), "ext4");
    expect(status).toBe(1);
    expect(stderr).toContain("mounting would hide it");
    expect(told()).toEqual([]);
  });

  describe("that was made larger", () => {
    const grow = (gib: number, resize = ":") =>
      machine.run("stage", {
        args: { device: "/dev/data", device_gib: "20" },
        instead: `try_for() { shift 2; "$@"; }
          blockdev() { [[ $* == "--getsize64 /dev/data" ]] && echo ${gib * 1024 ** 3}; }
          resize2fs() { told resize2fs "$*"; ${resize}; }
          stage() { take_arguments "$@"; grow_file_system; }`,
      });

    it("has its file system grow with it", () => {
      expect(grow(20)).toMatchObject({ status: 0, stderr: "" });
      expect(machine.told).toEqual(["resize2fs /dev/data"]);
    });

    it("grows by e2fsprogs' own resize2fs, where that is not in use", () => {
      const device = path.join(machine.root, "device");
      fs.writeFileSync(device, "");
      fs.truncateSync(device, 64 * 1024 ** 2);
      const tool = (name: string, ...args: string[]) =>
        execFileSync(name, args, {
          encoding: "utf8",
          env: { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
          stdio: ["ignore", "pipe", "pipe"],
        });
      tool("mkfs.ext4", "-q", "-m", "0", device);
      fs.truncateSync(device, 1024 ** 3);
      const grown = machine.run("stage", {
        args: { device, device_gib: "1" },
        instead: `PATH+=:/usr/sbin:/sbin
          blockdev() { command stat --format=%s "$2"; }
          timeout() { shift; "$@"; }
          stage() { take_arguments "$@"; grow_file_system; grow_file_system; }`,
      });
      expect(grown).toMatchObject({ status: 0, stderr: "" });
      const [, blocks, size] = /^Block count: +(\d+)$[^]*^Block size: +(\d+)$/m.exec(
        tool("dumpe2fs", "-h", device),
      )!;
      expect(Number(blocks) * Number(size)).toBe(1024 ** 3);
    });

    it("is waited for, and its file system left as it is until then", () => {
      const { status, stderr } = grow(19);
      expect(status).toBe(1);
      expect(stderr).toContain("/dev/data has 19 GiB, expected 20: its file system was left as");
      expect(machine.told).toEqual([]);
    });

    it("ends the update before any member where its file system does not grow", () => {
      const { status, stderr } = grow(20, "echo first; echo 'no space left' >&2; return 1");
      expect(status).toBe(1);
      expect(stderr).toContain("did not grow to 20 GiB: no space left.");
    });
  });

  it("is left alone where it is mounted", () => {
    machine.write("mounted", "");
    machine.holdData();
    expect(mount(used(0), "ext4")).toMatchObject({ status: 0 });
    expect(told()).toEqual([]);
  });
});

describe("a release", () => {
  const version = "3.7.3";
  const name = `etcd-v${version}-linux-${process.arch === "arm64" ? "arm64" : "amd64"}`;
  const tarball = () => path.join(machine.root, `v${version}`, `${name}.tar.gz`);

  beforeEach(() => {
    for (const binary of ["etcd", "etcdctl"]) {
      machine.write(`${name}/${binary}`, `#!/bin/sh\necho "etcd Version: ${version}"\n`, 0o755);
    }
    fs.mkdirSync(path.dirname(tarball()));
    execFileSync("tar", ["-czf", tarball(), "-C", machine.root, name]);
    machine.write(`v${version}/SHA256SUMS`, `${sum()}  other.tar.gz\n${sum()}  ${name}.tar.gz\n`);
  });

  const sum = () => createHash("sha256").update(fs.readFileSync(tarball())).digest("hex");
  /** The downloads are files. */
  const stage = (args: Record<string, string>, more = "") =>
    machine.run("stage", {
      args: { version, ...args },
      instead: `${more}
        curl() { cp "\${@: -1}" "\${@: -2:1}"; }
        stage() { take_arguments "$@"; stage_release; }`,
    });
  const download = () => stage({ url: machine.root });

  it("is placed with its right checksum", () => {
    expect(download()).toMatchObject({ status: 0 });
    expect(machine.has(`opt/v${version}/bin/etcd`)).toBe(true);
    expect(machine.has(`opt/v${version}/by-pulumi`)).toBe(true);
  });

  it.each([
    [
      "with another",
      () => machine.write(`v${version}/SHA256SUMS`, `${"0".repeat(64)}  ${name}.tar.gz\n`),
    ],
    ["without one", () => machine.write(`v${version}/SHA256SUMS`, `${sum()}  other.tar.gz\n`)],
    ["changed since", () => fs.appendFileSync(tarball(), "more")],
  ])("is not placed %s", (_, change) => {
    change();
    const { status, stderr } = download();
    expect(status).toBe(1);
    expect(stderr).toMatch(/has the SHA-256 \w+, expected|SHA256SUMS does not list/);
    expect(fs.readdirSync(path.join(machine.root, "opt"))).toEqual([]);
  });

  describe("whose checksum is known", () => {
    const known = (sum: string) =>
      stage({ url: machine.root, sha256_amd64: sum, sha256_arm64: sum });

    it("is placed with that, and nothing that lies beside it is asked", () => {
      fs.rmSync(path.join(machine.root, `v${version}/SHA256SUMS`));
      expect(known(sum())).toMatchObject({ status: 0 });
      expect(machine.has(`opt/v${version}/bin/etcd`)).toBe(true);
    });

    it("is not placed with another, though the mirror's SHA256SUMS is of it", () => {
      const { status, stderr } = known("0".repeat(64));
      expect(status).toBe(1);
      expect(stderr).toMatch(/has the SHA-256 \w+, expected 0{64}.*Nothing was changed/);
      expect(stderr).toContain("ownReleases: true");
      expect(fs.readdirSync(path.join(machine.root, "opt"))).toEqual([]);
    });
  });

  it("whose checksum is not known says whose word is taken for it", () => {
    expect(download().stderr).toContain(
      `no checksum of etcd ${version} is known beforehand: ${machine.root}/v${version}/SHA256SUMS is believed`,
    );
  });

  it("that was uploaded is compared with its checksum, too", () => {
    expect(stage({ tarball: tarball(), sha256: "0".repeat(64) }).status).toBe(1);
    expect(fs.readdirSync(path.join(machine.root, "opt"))).toEqual([]);
    expect(stage({ tarball: tarball(), sha256: sum() })).toMatchObject({ status: 0 });
    expect(machine.has(`opt/v${version}/bin/etcd`)).toBe(true);
    expect(fs.existsSync(tarball())).toBe(false);
  });

  it("that was uploaded and is here already is not left in somebody's home", () => {
    expect(download()).toMatchObject({ status: 0 });
    expect(stage({ tarball: tarball(), sha256: sum() })).toMatchObject({ status: 0 });
    expect(fs.existsSync(tarball())).toBe(false);
  });

  it("that was uploaded is no other one than was checked, were somebody still to write to it", () => {
    const changed = `check_sum() { echo other >${tarball()}; [[ $1 != ${tarball()} ]]; }`;
    expect(stage({ tarball: tarball(), sha256: sum() }, changed)).toMatchObject({ status: 0 });
    expect(machine.read(`opt/v${version}/bin/etcd`)).toContain(version);
  });

  it("is never run as root to tell its version, neither before it is in place nor when it is", () => {
    const binary = `#!/bin/sh
[ "$RUN_AS" = etcd ] || exit 1
folder=$(dirname "$0")
while [ "$folder" != "${"$"}{folder%/opt/*}" ]; do
  [ -n "$(find "$folder" -maxdepth 0 -perm -o=x)" ] || exit 1
  folder=$(dirname "$folder")
done
echo "etcd Version: ${version}"
`;
    machine.write(`${name}/etcd`, binary, 0o755);
    execFileSync("tar", ["-czf", tarball(), "-C", machine.root, name]);
    const asUser = 'setpriv() { while [[ $1 == --* ]]; do shift; done; RUN_AS=etcd "$@"; }';
    const known = { url: machine.root, sha256_amd64: sum(), sha256_arm64: sum() };
    expect(stage(known, asUser)).toMatchObject({ status: 0 });
    expect(stage(known, asUser).stderr).toBe(`here: etcd ${version} is staged\n`);
  });

  it("takes the place of nothing that somebody else put there", () => {
    machine.write(`opt/v${version}/bin/etcd`, "somebody's");
    expect(download().stderr).toContain("was not put there by Pulumi");
    expect(machine.read(`opt/v${version}/bin/etcd`)).toBe("somebody's");
  });
});

describe("releases that are not asked for", () => {
  const remove = () =>
    machine.run("stage", {
      args: { version: "3.7.3" },
      instead: `stage() { take_arguments "$@"; remove_unused; }`,
    });
  const releases = () => fs.readdirSync(path.join(machine.root, "opt")).sort();

  beforeEach(() => {
    ["3.5.3", "3.5.35", "3.6.16", "3.7.3"].forEach((version, age) => {
      machine.write(`opt/v${version}/by-pulumi`, "");
      fs.utimesSync(path.join(machine.root, `opt/v${version}/by-pulumi`), 1000 + age, 1000 + age);
      machine.write(`opt/v${version}/bin/etcd`, "");
    });
  });

  it("go, but for the last one", () => {
    expect(remove()).toMatchObject({ status: 0 });
    expect(releases()).toEqual(["v3.6.16", "v3.7.3"]);
  });

  it("stay where a unit would start them, where they run, or where they are somebody else's", () => {
    const bin = (version: string) => path.join(machine.root, `opt/v${version}/bin`);
    machine.write("units/etcd-a.service", `ExecStart=${bin("3.6.16")}/etcd \\\n`);
    machine.write("proc/1/cmdline", "/sbin/init\0");
    machine.write("proc/42/cmdline", `${bin("3.5.3")}/etcd\0--name=b\0`);
    fs.mkdirSync(path.join(machine.root, "proc/43"));
    machine.write("opt/v3.4.1/bin/etcd", "");
    expect(remove()).toMatchObject({ status: 0, stderr: "" });
    expect(releases()).toEqual(["v3.4.1", "v3.5.3", "v3.5.35", "v3.6.16", "v3.7.3"]);
  });

  it("go where they are only spoken of", () => {
    machine.write("proc/42/cmdline", `vim\0${machine.root}/opt/v3.5.35/bin/etcd\0`);
    machine.write("proc/43/cmdline", "");
    expect(remove()).toMatchObject({ status: 0 });
    expect(releases()).toEqual(["v3.6.16", "v3.7.3"]);
  });
});

describe("the distribution's packages", () => {
  const version = "3.4.23";

  beforeEach(() => {
    machine.write("sbin/keep", "");
    fs.mkdirSync(path.join(machine.root, "usr"));
    machine.write("held", "");
  });

  const packages = () => `
    package_binaries=${machine.root}/usr policy=${machine.root}/sbin/policy-rc.d
    packages_installed=${machine.root}/installed packages_held=${machine.root}/held-by-us
    rmdir() { :; }
    present_packages() { [[ ! -e ${machine.root}/usr/etcd ]] || echo etcd-server; }
    apt-cache() { echo " $2 | ${version}-4+b4 | http://deb"; }
    apt-mark() {
      case $1 in
        showhold) cat ${machine.root}/held ;;
        hold) told "$*"; printf '%s\\n' "\${@:2}" >${machine.root}/held ;;
        unhold) told "$*" ;;
      esac
    }
    apt-get() {
      told apt-get "$(sed 's/.*Timeout=300 //' <<<"$*")"
      [[ $* == *install* ]] || return 0
      ! ${machine.root}/sbin/policy-rc.d etcd.service restart || told "etcd was restarted by its package"
      ! ${machine.root}/sbin/policy-rc.d cron.service restart || told "cron was restarted"
      for command in etcd etcdctl; do
        printf '#!/bin/sh\\necho "etcd Version: ${version}"\\n' >${machine.root}/usr/$command
        chmod 755 ${machine.root}/usr/$command
      done
    }`;
  const stage = (more = "") =>
    machine.run("stage", {
      args: { version },
      instead: `${packages()}
        ${more}
        stage() { take_arguments "$@"; stage_package; }`,
    });
  const install = `apt-get install --no-install-recommends --allow-change-held-packages --allow-downgrades etcd-server=${version}-4+b4 etcd-client=${version}-4+b4`;

  it("restart nothing, are held, and what runs is a copy of theirs", () => {
    expect(stage()).toMatchObject({ status: 0 });
    expect(machine.told).toEqual([
      "apt-get update",
      "systemctl mask --quiet etcd",
      install,
      "cron was restarted",
      "hold etcd-server etcd-client",
    ]);
    expect(machine.read(`opt/v${version}/bin/etcd`)).toContain(version);
    expect(machine.has(`opt/v${version}/by-pulumi`)).toBe(true);
    expect([machine.has("installed"), machine.has("held-by-us")]).toEqual([true, true]);
  });

  /** What the machine's policy says: 101 is "do not touch it". */
  const policyOn = (service: string) =>
    spawnSync(path.join(machine.root, "sbin/policy-rc.d"), [service, "restart"]).status;

  it("touch no etcd later either, when somebody insists on installing them", () => {
    expect(stage()).toMatchObject({ status: 0 });
    expect([policyOn("etcd.service"), policyOn("cron.service")]).toEqual([101, 0]);
    machine.claim();
    machine.run("remove", { instead: packages(), args: { purge: "false" } });
    expect(machine.has("sbin/policy-rc.d")).toBe(false);
  });

  it("are asked beside somebody else's policy, which is given back with them", () => {
    machine.write("sbin/policy-rc.d", "#!/bin/sh\nexit 42\n", 0o755);
    expect(stage()).toMatchObject({ status: 0 });
    expect([policyOn("etcd.service"), policyOn("cron.service")]).toEqual([101, 42]);
    machine.claim();
    machine.run("remove", { instead: packages(), args: { purge: "false" } });
    expect(machine.read("sbin/policy-rc.d")).toBe("#!/bin/sh\nexit 42\n");
    expect(machine.has("sbin/policy-rc.d.before-pulumi")).toBe(false);
  });

  it("that change their version restart nothing, and leave the copy that runs", () => {
    machine.runs();
    machine.write("usr/etcd", "#!/bin/sh\necho 'etcd Version: 3.4.22'\n", 0o755);
    machine.write("usr/etcdctl", "", 0o755);
    machine.write("opt/v3.4.22/bin/etcd", "what runs");
    machine.write("held", "etcd-server\netcd-client\n");
    const unit = machine.read("units/etcd.service");
    expect(stage()).toMatchObject({ status: 0 });
    expect(machine.told).toEqual(["apt-get update", install, "cron was restarted"]);
    expect(machine.read("opt/v3.4.22/bin/etcd")).toBe("what runs");
    expect(machine.read("units/etcd.service")).toBe(unit);
  });

  it("that are there already are held and copied", () => {
    for (const command of ["etcd", "etcdctl"]) {
      machine.write(`usr/${command}`, `#!/bin/sh\necho "etcd Version: ${version}"\n`, 0o755);
    }
    expect(stage()).toMatchObject({ status: 0 });
    expect(machine.told).toEqual(["hold etcd-server etcd-client"]);
    expect(machine.has("installed")).toBe(false);
    machine.write("told", "");
    expect(stage().stderr).toBe(`here: etcd ${version} is staged\n`);
    expect(machine.told).toEqual([]);
  });

  it("leave somebody else's policy as it was where the installation fails", () => {
    machine.write("sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755);
    const failing = `eval "$(declare -f apt-get | sed '1s/apt-get/try/')"; apt-get() { try "$@"; [[ $* != *install* ]]; }`;
    const { status, stderr } = stage(failing);
    expect(status).toBe(1);
    expect(stderr).toContain("apt-get install failed: see above");
    expect(machine.told).not.toContain("cron was restarted");
    expect(machine.read("sbin/policy-rc.d")).toBe("#!/bin/sh\nexit 101\n");
    expect(machine.has("sbin/policy-rc.d.before-pulumi")).toBe(false);
  });

  it("are asked for by a version that there is", () => {
    const { status, stderr } = stage("apt-cache() { echo ' x | 3.4.30-1 | http://deb'; }");
    expect(status).toBe(1);
    expect(stderr).toContain(`no etcd-server ${version}, but 3.4.30-1`);
    expect(machine.told).toEqual(["apt-get update"]);
  });

  it("are given back as they were", () => {
    machine.claim();
    for (const mark of ["installed", "held-by-us"]) {
      machine.write(mark, "");
    }
    machine.run("remove", { instead: packages(), args: { purge: "false" } });
    expect(machine.told).toEqual([
      "lock etcd",
      "unhold etcd-server etcd-client",
      "apt-get remove etcd-server etcd-client",
    ]);
    expect([machine.has("installed"), machine.has("held-by-us")]).toEqual([false, false]);
  });
});

describe("certificates and keys", () => {
  const etcds = [
    "ca.crt",
    "revoked.crl",
    "server.crt",
    "server.key",
    "peer-ca.crt",
    "peer.crt",
    "peer.key",
  ];
  const roots = ["operator.crt", "operator.key"];

  it("are each for their owner alone: etcd has what it reads, and root the rest", () => {
    const { status, stderr } = machine.run("stage", {
      bundle: {
        ...Object.fromEntries([...etcds, ...roots].map((name) => [name, `${name}'s\n`])),
        "revoked.crl.base64": Buffer.from("revoked.crl's\n").toString("base64"),
      },
      instead: `
        install() {
          local given=() owner=
          while (($# > 0)); do
            case $1 in
              -o) owner=$2; shift 2 ;;
              -g) owner+=:$2; shift 2 ;;
              *) given+=("$1"); shift ;;
            esac
          done
          [[ -z $owner ]] || told "$owner" "\${given[@]:2}"
          command install "\${given[@]}"
        }
        stage() { take_arguments "$@"; place_certificates; }`,
    });
    expect([status, stderr]).toEqual([0, "here: certificates placed\n"]);
    const set = fs.readlinkSync(path.join(machine.config, "pki"));
    expect(machine.told).toEqual([
      `etcd:etcd ${etcds.join(" ")} ${set}`,
      `root:root ${roots.join(" ")} ${set}`,
    ]);
    for (const name of [...etcds, ...roots]) {
      expect(machine.read(`etc/pki/${name}`)).toBe(`${name}'s\n`);
      expect(fs.statSync(path.join(machine.config, "pki", name)).mode & 0o7777).toBe(0o600);
    }
  });
});

describe("staging as a whole", () => {
  const stage = () =>
    machine.run("stage", {
      args: {
        version: "3.7.3",
        from: "release",
        device: "/dev/data",
        device_gib: "20",
        tls: "false",
      },
      instead: `
        wait_for_cloud_init() { :; }
        check_machine() { :; }
        make_user() { told user; }
        stage_release() { told release; }
        grow_file_system() { told grow; }
        place_certificates() { told certificates; }
        mount_data_volume() { told mount; [[ ! -e ${machine.root}/at-mount ]] || . ${machine.root}/at-mount; }
        install() { command install -d "\${@: -1}"; }
        test() { :; }
        stat() { echo etcd; }`,
    });
  const bring = (id: string) =>
    machine.write(
      "at-mount",
      `mkdir -p ${machine.data}/member/wal; echo ${id} >${machine.data}/cluster-id`,
    );

  it("mounts the volume, claims the machine, and then brings the release", () => {
    const { status, stdout } = stage();
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ staged: "3.7.3", certificates: "none" });
    expect(machine.told).toEqual(["lock etcd-release", "user", "mount", "grow", "release"]);
    expect(machine.read("etc/cluster")).toContain(`id=${clusterId}\n`);
  });

  it("takes back a volume of its own cluster", () => {
    bring(clusterId);
    expect(stage()).toMatchObject({ status: 0 });
  });

  it("stops at a volume with another cluster's data, before the machine is claimed", () => {
    bring(otherId);
    const { status, stderr } = stage();
    expect(status).toBe(1);
    expect(stderr).toContain(`the data there is of the cluster ${otherId}`);
    expect(machine.told).toEqual(["lock etcd-release", "user", "mount"]);
    expect(machine.has("etc/cluster")).toBe(false);
  });

  it("touches nothing of another cluster's machine: no volume is mounted or formatted", () => {
    machine.claim({ id: otherId });
    const before = machine.files;
    expect(stage().status).toBe(1);
    expect(machine.told).toEqual(["lock etcd-release"]);
    expect(machine.files).toEqual(before);
  });

  it("needs room for a release, but none for one that is here", () => {
    const check = (free: number) =>
      machine.run("stage", {
        args: { version: "3.7.3" },
        instead: `free_mib() { echo ${free}; }
          stage() { take_arguments "$@"; check_room; }`,
      });
    expect(check(301)).toMatchObject({ status: 0 });
    expect(check(300).stderr).toContain("/opt has 300 MiB free, a release needs 300 MiB");
    for (const binary of ["etcd", "etcdctl"]) {
      machine.write(`opt/v3.7.3/bin/${binary}`, "#!/bin/sh\necho 'etcd Version: 3.7.3'\n", 0o755);
    }
    expect(check(300)).toMatchObject({ status: 0 });
  });
});
