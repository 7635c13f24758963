import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import {
  type Bundle,
  filesInput,
  type ScriptName,
  scriptText,
} from "../../../../components/etcd/scripts";
import { tempFolder } from "../../../tempFolder";

export const clusterId = "0123456789abcdef0123456789abcdef";
export const otherId = "fedcba9876543210fedcba9876543210";

/** The members of the cluster, by the letters of their names; `b` is the machine's own. */
export const url = (name: string) => `http://${name}:2379`;
export const peer = (name: string) => `http://${name}:2380`;
export const started = (id: number, name: string, learner = false) =>
  `${id}, started, ${name}, ${peer(name)}, ${url(name)}, ${learner}`;

/** What the machine was told to do, or told others: nothing of it happens. */
const doubles = (root: string) => `
  HOSTNAME=here.example.com
  locks=${root}/locks units=${root}/units releases=${root}/opt processes=${root}/proc
  told() { echo "$*" >>${root}/told; }
  lock() { told lock "$1"; }
  sync() { :; }
  renice() { :; }
  chown() { told chown "$*"; }
  kill() { told kill "$*"; }
  timeout() { shift; "$@"; }
  setpriv() {
    while [[ $1 == --* ]]; do shift; done
    local as=etcd
    "$@"
  }
  journalctl() { echo "the log of etcd"; }
  mountpoint() { [[ -e ${root}/mounted ]]; }
  systemd-escape() { echo data.mount; }
  systemctl() {
    case "$*" in
      *--value*) echo "$(<"${root}/systemd/\${2#--property=}")" ;;
      show*)
        local property
        for property in \${2//[,=]/ }; do
          [[ ! -e ${root}/systemd/$property ]] || echo "$property=$(<"${root}/systemd/$property")"
        done
        ;;
      is-active*) cat ${root}/systemd/ActiveState ;;
      *)
        told systemctl "$*"
        case "$*" in
          "restart --no-block etcd") echo 200 >${root}/systemd/MainPID; [[ ! -e ${root}/at-restart ]] || . ${root}/at-restart ;;
          "stop etcd") echo 0 >${root}/systemd/MainPID ;;
          "start data.mount") touch ${root}/mounted; [[ ! -e ${root}/at-mount ]] || . ${root}/at-mount ;;
        esac
        ;;
    esac
  }
  of_running() { [[ ! -e ${root}/running/$1 ]] || echo "$(<"${root}/running/$1")"; }
  place_the_rest() { told place the rest; }

  # within FILE LINE
  within() { [[ $'\\n'$(<"${root}/etcd/$1")$'\\n' == *$'\\n'$2$'\\n'* ]]; }
  all_within() { local url; for url in \${2//,/ }; do within "$1" "$url" || return 1; done; }
  accepts() { within serving "$1" || within forbidding "$1"; }
  ctl_for() { shift; ctl "$@"; }
  ctl() {
    local at=$1
    shift
    case "$*" in
      "get --consistency=l "*)
        ! within forbidding "$at" || { echo "Error: etcdserver: permission denied" >&2; return 1; }
        within serving "$at"
        ;;
      "endpoint health") all_within serving "$at" ;;
      "member list") echo "$(<${root}/etcd/members)" ;;
      "alarm list") [[ ! -e ${root}/etcd/alarms-unknown ]] && cat ${root}/etcd/alarms ;;
      "endpoint status --write-out=json")
        [[ ! -e ${root}/etcd/me-unknown ]] || return 1
        printf '[{"Status":{"header":{"member_id":%s},"leader":%s}}]' "$(<${root}/etcd/me)" "$(<${root}/etcd/leader)"
        ;;
      *)
        told "$at" "$*"
        [[ ! -e ${root}/etcd/refusal ]] || { cat ${root}/etcd/refusal >&2; return 1; }
        case "$*" in
          "move-leader "*)
            ! within unwilling "$2" || { echo "Error: etcdserver: request timed out" >&2; return 1; }
            echo "$2" >${root}/etcd/leader
            ;;
          "member remove "*) sed -i "/^$3, /d" ${root}/etcd/members ;;
          "member add "*) echo "9, unstarted, , \${5#*=}, , true" >>${root}/etcd/members ;;
          "member promote "*) sed -i "s/^\\($3, .*\\), true$/\\1, false/" ${root}/etcd/members; echo ${url("b")} >>${root}/etcd/serving ;;
        esac
        ;;
    esac
  }
`;

/** A machine of three members, `b`, in a folder: its files are real, and what it would do is written down. */
export class FakeMachine {
  readonly root = tempFolder();
  readonly config = path.join(this.root, "etc");
  readonly data = path.join(this.root, "data");

  constructor() {
    for (const folder of ["etc", "data", "units", "opt", "bin", "systemd", "etcd", "running"]) {
      fs.mkdirSync(path.join(this.root, folder));
    }
    this.write("systemd/MainPID", "0\n");
    this.write("systemd/NRestarts", "0\n");
    this.write("systemd/ActiveState", "inactive\n");
    this.write("systemd/NeedDaemonReload", "no\n");
    this.write("systemd/ExecMainStartTimestamp", "now\n");
    this.write("systemd/FragmentPath", "\n");
    this.write("systemd/DropInPaths", "\n");
    this.write("units/multi-user.target.wants/etcd.service", "");
    this.write("etcd/members", [started(1, "a"), started(2, "b"), started(3, "c"), ""].join("\n"));
    this.serving("a", "c");
    this.write("etcd/me", "2\n");
    this.write("etcd/leader", "1\n");
    for (const file of ["forbidding", "alarms", "unwilling"]) {
      this.write(`etcd/${file}`, "");
    }
    this.write("bin/etcd", "#!/bin/sh\nexit 0\n", 0o755);
  }

  write(file: string, text: string, mode = 0o644): void {
    fs.mkdirSync(path.dirname(path.join(this.root, file)), { recursive: true });
    fs.writeFileSync(path.join(this.root, file), text, { mode });
  }

  read(file: string): string | undefined {
    const place = path.join(this.root, file);
    return fs.existsSync(place) ? fs.readFileSync(place, "utf8") : undefined;
  }

  has(file: string): boolean {
    return fs.existsSync(path.join(this.root, file));
  }

  serving(...names: string[]): void {
    this.write("etcd/serving", names.map((name) => `${url(name)}\n`).join(""));
  }

  /** The record of whose machine it is. */
  claim(changes: Partial<Record<"id" | "name" | "stack" | "founded" | "restored", string>> = {}) {
    const record = {
      ...{ id: clusterId, name: "prod", stack: "acme/etcd/prod", founded: "", restored: "" },
      ...changes,
    };
    const lines = Object.entries(record).map(([name, value]) => `${name}=${value}\n`);
    this.write("etc/cluster", lines.join(""));
  }

  /** Data of a member, and whose it is. */
  holdData(id = clusterId): void {
    this.write("data/member/wal/0.wal", "what was written");
    if (id !== "") {
      this.write("data/cluster-id", `${id}\n`);
    }
  }

  /** A unit that runs, by its digest. */
  runs({ digest = "old", id = clusterId, pid = 100, quota = 400 } = {}): void {
    this.write("units/etcd.service", unit(digest, id));
    this.write("running/environ", `UNIT_DIGEST=${digest}\nCLUSTER_ID=${id}\nTRUSTED_CAS=1,2\n`);
    this.write("running/cmdline", `etcd\n--quota-backend-bytes=${quota}\n`);
    this.write("systemd/MainPID", `${pid}\n`);
    this.write(`proc/${pid}/cgroup`, "0::/system.slice/etcd.service\n");
    this.write("systemd/ActiveState", "active\n");
  }

  /** Runs a script as it is run on a machine, with some of its functions replaced. */
  run(
    script: ScriptName,
    {
      args = {},
      asked = "",
      bundle = {},
      instead = "",
    }: {
      args?: Record<string, string>;
      /** What comes before the files. */
      asked?: string;
      bundle?: Bundle;
      instead?: string;
    } = {},
  ) {
    const all = {
      ...{ service: "etcd", config: this.config, data: this.data },
      ...{ cluster: clusterId, cluster_name: "prod", stack: "acme/etcd/prod" },
      ...{ client_url: url("b"), peer_url: peer("b"), binaries: path.join(this.root, "bin") },
      ...args,
    };
    const input = [
      ...[scriptText(script), doubles(this.root), instead, '\n{ "$@"; exit; }\n'],
      ...[asked, filesInput(bundle)],
    ].join("");
    const words = Object.entries(all).map(([name, value]) => `${name}=${value}`);
    const { status, stdout, stderr } = spawnSync("bash", ["-s", "--", script, ...words], {
      input,
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  }

  /** What it was told to do, a line each. */
  get told(): string[] {
    return (this.read("told") ?? "").split("\n").filter((line) => line !== "");
  }

  /** All its files but the record of what it was told, with what is in them. */
  get files(): Record<string, string> {
    const all = fs.readdirSync(this.root, { recursive: true, encoding: "utf8" });
    return Object.fromEntries(
      all
        .filter((file) => file !== "told" && fs.statSync(path.join(this.root, file)).isFile())
        .sort()
        .map((file) => [file, this.read(file)!]),
    );
  }
}

/** A unit of this cluster's program. */
export function unit(digest: string, id = clusterId, quota = 400): string {
  return `# Written by Pulumi for etcd 3.7.3: changes made here are undone.
[Unit]
Description=etcd member b of cluster prod
[Service]
Environment=UNIT_DIGEST=${digest}
Environment=CLUSTER_ID=${id}
ExecStart=/opt/etcd/v3.7.3/bin/etcd \\
  --name=b \\
  --quota-backend-bytes=${quota} \\
  $FIRST_START_FLAGS
`;
}
