import type { Question } from "../../../../components/etcd/rollout/decide";
import type { Desired, DesiredMember, Recorded } from "../../../../components/etcd/rollout/desired";
import type {
  Answer,
  EndpointStatus,
  MemberEntry,
  Observed,
  ObservedMachine,
  Process,
  SeenMachine,
  View,
} from "../../../../components/etcd/rollout/observed";
import { flagsOfUnit } from "../../../../components/etcd/unit";

/** A cluster of three that is as it was asked for, led by a; tests say what differs. */
export const names = ["a", "b", "c"];
export const five = ["a", "b", "c", "d", "e"];

export const own = {
  clusterId: "00112233445566778899aabbccddeeff",
  stack: "organization/etcd/dev",
};
export const stranger = "ffffffffffffffffffffffffffffffff";

const host = (name: string) => `10.0.1.${10 + name.charCodeAt(0)}`;
export const peerUrl = (name: string) => `https://${host(name)}:2380`;
export const clientUrl = (name: string) => `https://${host(name)}:2379`;
/** Of 64 bits, more than a JavaScript number holds. */
export const idOf = (name: string) => `fdeddd04781794${name.charCodeAt(0).toString(16)}`;

/** The first lines and the flags of a unit; `VERSION` and `CAS` are what the whole cluster asks for. */
const unit = (name: string) => `# Written by Pulumi for etcd VERSION: changes are undone.
[Service]
Environment=TRUSTED_CAS=CAS
LimitNOFILE=65536
ExecStart=/opt/etcd/vVERSION/bin/etcd \\
  --name=${name} \\
  --quota-backend-bytes=8 \\
  $FIRST_START_FLAGS
`;

export function desiredMember(name: string, changes: Partial<DesiredMember> = {}): DesiredMember {
  return {
    peerUrl: peerUrl(name),
    clientUrl: clientUrl(name),
    unit: unit(name),
    service: "etcd",
    dataDirectory: "/var/lib/etcd",
    configDirectory: "/etc/etcd",
    machineGeneration: 0,
    dataGeneration: 0,
    place: "10.0.1.0/24",
    ...changes,
  };
}

export function membersOf(
  all: readonly string[],
  changes: Record<string, Partial<DesiredMember>> = {},
): Record<string, DesiredMember> {
  return Object.fromEntries(all.map((name) => [name, desiredMember(name, changes[name])]));
}

/** Members whose unit's text differs. */
export function unitsWith(from: string, to: string, all = names): Record<string, DesiredMember> {
  const units = all.map((name) => [name, { unit: unit(name).replace(from, to) }] as const);
  return membersOf(all, Object.fromEntries(units));
}

export function desired(changes: Partial<Desired> = {}): Desired {
  const asked = {
    clusterName: "etcd",
    version: "3.6.16",
    allowDowngradeTo: "",
    certificateAuthorities: [1],
    certificateIssue: 1,
    instanceType: "t3.small",
    architecture: "amd64",
    quotaBytes: 8 * 1024 ** 3,
    dataVolumeGiB: 20,
    fixed: { vpcCidr: "10.0.0.0/16" },
    members: membersOf(names),
    restore: { id: "", from: "", overData: false },
    accessControl: false,
    clients: {},
    ...changes,
  };
  const trusted = [...asked.certificateAuthorities].sort().join(",");
  const members = Object.entries(asked.members).map(([name, member]) => [
    name,
    {
      ...member,
      unit: member.unit
        .replaceAll("VERSION", asked.version)
        .replaceAll("CAS=CAS", `CAS=${trusted}`),
    },
  ]);
  return { ...asked, members: Object.fromEntries(members) as Desired["members"] };
}

/** What the last update that succeeded has left. */
export function recorded(changes: Partial<Desired> = {}, restored: string[] = []): Recorded {
  return {
    clusterId: own.clusterId,
    update: "0011223344556677",
    desired: desired(changes),
    restored,
  };
}

/** What differs on a machine, or why it cannot be seen. */
export type MachineChanges =
  | string
  | (Partial<Omit<SeenMachine, "cluster" | "process" | "view">> & {
      readonly cluster?: Partial<SeenMachine["cluster"]>;
      readonly process?: Partial<Process>;
      readonly view?: Partial<View>;
    });

export interface ObservedChanges {
  /** Who is a member; all of them are looked at. */
  readonly all?: readonly string[];
  readonly machines?: Readonly<Record<string, MachineChanges>>;
  /** What all of them see of a member; "serves" where nothing is said. */
  readonly answers?: Readonly<Record<string, Answer>>;
  /** Nobody can be asked for anything, whatever the machines are. */
  readonly silent?: boolean;
  readonly entries?: Readonly<Record<string, Partial<MemberEntry> | null>>;
  readonly status?: Readonly<Record<string, Partial<EndpointStatus>>>;
  /** Alarms, by who raised them. */
  readonly alarms?: Readonly<Record<string, string>>;
  readonly version?: string;
  readonly clusterVersion?: string | undefined;
  readonly leader?: string;
}

/** Healthy members of 3.6.16, but for what is said. */
export function observed(changes: ObservedChanges = {}): Observed {
  const { all = names, machines = {} } = changes;
  const view = viewOf(changes, all);
  return { machines: all.map((name) => machine(name, view, machines[name] ?? {}, changes)) };
}

function machine(
  name: string,
  view: View,
  differs: MachineChanges,
  { version = "3.6.16" }: ObservedChanges,
): ObservedMachine {
  if (typeof differs === "string") {
    return { name, seen: false, problem: differs };
  }
  const { cluster, process, view: seen, ...rest } = differs;
  const running = {
    pid: 4711,
    version,
    digest: "old",
    cluster: own.clusterId,
    trusts: [1],
    quotaBytes: 8 * 1024 ** 3,
    restarts: 0,
    isUp: true,
    ...process,
  };
  return {
    name,
    seen: true,
    cluster: {
      id: own.clusterId,
      name: "etcd",
      stack: own.stack,
      founded: "2026-11-24T10:00:00Z",
      restored: "",
      ...cluster,
    },
    dataCluster: own.clusterId,
    hasData: true,
    restoreWaiting: "",
    flags: flagsOfUnit(unit(name)),
    unitVersion: running.version,
    process: running,
    issuedBy: 1,
    certificates: [],
    view: { ...view, ...seen },
    ...rest,
  };
}

/** A process that is not there. */
export const stopped: Partial<Process> = { pid: 0, version: "", digest: "", cluster: "" };

/** A machine on which nothing has ever been. */
export const blank = {
  cluster: { id: "", name: "", stack: "", founded: "" },
  dataCluster: "",
  hasData: false,
  process: stopped,
} satisfies MachineChanges;

/** A machine whose data is gone: it was a member's before. */
export const emptied = {
  dataCluster: "",
  hasData: false,
  process: stopped,
} satisfies MachineChanges;

function viewOf(
  {
    answers = {},
    silent = false,
    entries = {},
    status = {},
    alarms = {},
    version = "3.6.16",
    leader = "a",
    ...rest
  }: ObservedChanges,
  all: readonly string[],
): View {
  const said = (name: string) => (silent ? "silent" : (answers[name] ?? "serves"));
  const serving = all.filter((name) => said(name) === "serves");
  const nobody = serving.length === 0;
  const minor = version.split(".").slice(0, 2).join(".");
  const clusterVersion = "clusterVersion" in rest ? rest.clusterVersion : `${minor}.0`;
  const listed = [...all, ...Object.keys(entries).filter((name) => !all.includes(name))];
  return {
    answers: new Map(all.map((name) => [clientUrl(name), said(name)])),
    status: new Map(
      serving.map((name) => [
        clientUrl(name),
        {
          id: idOf(name),
          version,
          leader: idOf(leader),
          raftIndex: 1000,
          dbSizeBytes: 20480,
          ...status[name],
        },
      ]),
    ),
    members: nobody
      ? undefined
      : listed.flatMap((name) => {
          const differs = entries[name];
          return differs === null
            ? []
            : {
                id: idOf(name),
                name,
                peerUrls: [peerUrl(name)],
                clientUrls: [clientUrl(name)],
                isLearner: false,
                ...differs,
              };
        }),
    alarms: nobody
      ? undefined
      : Object.entries(alarms).map(([name, alarm]) => ({ member: idOf(name), alarm })),
    clusterVersion: silent ? undefined : clusterVersion,
  };
}

/** All that a decision rests on, where nothing is to be done but what is said. */
export function question(changes: Partial<Question> = {}): Question {
  return {
    ...own,
    desired: desired(),
    recorded: recorded(),
    attempted: undefined,
    observed: observed(),
    ...changes,
  };
}

/** Whether a text says what to do: a command to the reader, at the start of a sentence or of its part. */
export function namesWay(text: string): boolean {
  return /(?:^|[.:;] |, or |\()(?:If [^.:;]*, |then )?(?:Set|set|Run|run|Use|Move|move|Bring|bring|See|Do|Go|Look|Add|Clear|Stop|stop|Keep|Destroy|destroy|The way is|npm run)\b/.test(
    text,
  );
}
