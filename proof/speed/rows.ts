import { olderVersion, version } from "./versions";

export type Unit = "s" | "ms" | "puts/s" | "KiB" | "";

/** The target. */
export type Target =
  | {
      readonly kind: "ratio";
      readonly atMost: number;
      /** Also met if the median is no worse than the reference's worst run: that much is noise. */
      readonly noise?: boolean;
    }
  | { readonly kind: "ratio"; readonly atLeast: number; readonly noise?: boolean }
  /** Of the figure itself, without a reference. */
  | { readonly kind: "figure"; readonly atMost: number };

/** A row of the table: what is measured, against what, and its target. */
export interface Row {
  readonly figure: string;
  readonly unit: Unit;
  readonly reference?: string;
  /** None: the figure is told, and that is all. */
  readonly target?: Target;
  /** What is measured beside it and has to be 0 in every run. */
  readonly never?: string;
  /** How it is measured, for who wants to judge it. */
  readonly how: string;
}

const atMost = (ratio: number): Target => ({ kind: "ratio", atMost: ratio });

/** In the table's order. */
export const rows = {
  "first-up": {
    figure: "`pulumi up`, three blank machines to three healthy members",
    unit: "s",
    reference: "by hand, one machine after the other",
    target: atMost(1),
    how:
      "The whole command, engine and certificates included, on machines that have just booted. By hand: the " +
      "steps of the first guide over SSH (download from the same mirror, unpack, install, certificates, unit, " +
      "start), until each member answers GET /health over TLS; its certificates are made and copied beforehand.",
  },
  "first-up-less-engine": {
    figure: "the same, less an empty program's `pulumi up`",
    unit: "s",
    reference: "by hand, on all machines at once",
    target: atMost(1.3),
    how:
      "The run above less the first `up` of a program that imports the same packages and makes nothing, in " +
      "the same turn. By hand: the same steps on all machines in parallel, which is as quick as they can be.",
  },
  "noop-up": {
    figure: "`pulumi up`, nothing to do",
    unit: "s",
    reference: "an empty program",
    target: atMost(1.25),
    how:
      "The stack of three EC2 controllers, with the AWS double. The empty program imports the same packages " +
      "(pulumi, aws, command, tls), is plain JavaScript, and runs in the same environment.",
  },
  "noop-preview": {
    figure: "`pulumi preview`, nothing to do",
    unit: "s",
    reference: "an empty program",
    target: atMost(1.25),
    how: "As above.",
  },
  members: {
    figure: "`pulumi up`, seven members",
    unit: "s",
    reference: "three members",
    target: atMost(1.4),
    how: "Blank machines to that many healthy members; one, three, five and seven in each turn.",
  },
  "rolling-upgrade": {
    figure: "rolling upgrade of three, first stop to last member healthy",
    unit: "s",
    reference: "three times one member's restart, alone",
    target: atMost(1.5),
    how:
      `${olderVersion} → ${version} by \`pulumi up\` under 100 puts a second, by what GET /health (a linearizable read) on each ` +
      "member said every 20 ms. The reference, before it on the same cluster and under the same load: the " +
      "leader, its leadership moved away, stopped and started, until it is healthy.",
  },
  "write-gap": {
    figure: "longest write gap in a rolling upgrade, 100 puts a second",
    unit: "ms",
    reference: "one such restart",
    target: atMost(2),
    never: "failed puts",
    how:
      "The longest time without an acknowledged put, from before the `pulumi up` to after it, against the same " +
      "from before the restart above to after it. Puts go to all members in turn, and are tried again elsewhere.",
  },
  puts: {
    figure: "puts a second, 32 at a time",
    unit: "puts/s",
    reference: "the first guide's unit",
    target: { kind: "ratio", atLeast: 1, noise: true },
    how:
      "Ten seconds of puts of 256 bytes by etcd3, one client a member, after two seconds that do not count. The " +
      "same binary on the same machines with the unit and flags of the first guide, one after the other.",
  },
  p99: {
    figure: "latency of the slowest put in a hundred",
    unit: "ms",
    reference: "the first guide's unit",
    target: { kind: "ratio", atMost: 1, noise: true },
    how: "Of the same puts.",
  },
  "connections-first-up": {
    figure: "SSH connections a machine, first `pulumi up`",
    unit: "",
    // To be staged, to be looked at, to be given its permit, its member, and on one of them the health.
    target: { kind: "figure", atMost: 5 },
    how: "The most that any of three EC2 controllers has in its sshd's journal.",
  },
  "connections-noop": {
    figure: "SSH connections a machine, nothing to do",
    unit: "",
    // Nothing is done where nothing was seen: each machine is looked at once.
    target: { kind: "figure", atMost: 1 },
    how: "As above.",
  },
  "connections-existing": {
    figure: "SSH connections an existing machine, first `pulumi up`",
    unit: "",
    how: "The most that any of three existing machines has; it is looked at before anything is changed.",
  },
  "state-size": {
    figure: "size of the state",
    unit: "KiB",
    how: "What `pulumi stack export` prints for three EC2 controllers.",
  },
  "state-resources": {
    figure: "resources in the state",
    unit: "",
    how: "Of the same.",
  },
  modules: {
    figure: "modules loaded by the program",
    unit: "",
    reference: "the empty program",
    how: "The files in Node.js's `require.cache` when a no-op `pulumi preview` ends.",
  },
} as const satisfies Record<string, Row>;

export type RowName = keyof typeof rows;

export const rowNames = Object.keys(rows) as RowName[];

export const rowOf = (name: RowName): Row => rows[name];
