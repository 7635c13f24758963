import type { RowName } from "./rows";

const nothingToDo =
  "Of 3.8 s on a quiet machine, the empty program has 2.5: the engine's start 0.9, Node.js and the SDK 1.4, the end " +
  "0.2. The program's own modules, compiled as they are loaded, take 0.1 to 0.2. The rest, 1.2 s, goes by between the " +
  "first resource and the last of 82: 15 ms each, in the SDK (what goes over gRPC), in the engine, and for check and " +
  "diff in its provider, on two cores for all of them. A third of the whole was saved by not translating stack " +
  "traces that nobody reads; compiling the program beforehand saved nothing that could be measured.";

/** Why a row is not reached, by profiles of 21 November 2026: shown only while it is not. */
export const explanations: Partial<Record<RowName, string>> = {
  "first-up":
    "Of 13.6 s with both cores busy, 3.8 passed before the program registered its first resource (the engine's start " +
    "1.8, Node.js and the SDK 0.7, the program's own modules 1.2), 1.9 with keys and certificates and, beside them, the " +
    "look beforehand (a process of Node.js that took 1.2 to start), 2.4 with the release on each machine, 4.1 with the " +
    "members, 0.4 with the health. By hand there is neither engine nor certificate, nor anybody who looks.",
  "first-up-less-engine":
    "What is left is what the steps by hand do not do: keys and certificates and the look beforehand (1.9 s of 13.6), " +
    "three more SSH connections a machine (0.1 each, and about 0.2 of the engine between two), 52 resources at some " +
    "15 ms, and a member that is waited for until it answers a linearizable read.",
  "noop-up": nothingToDo,
  "noop-preview": nothingToDo,
  members:
    "All machines are containers on the same two cores, and each downloads and unpacks a release of its own: by hand, in " +
    "parallel, without Pulumi, seven take twice what three do (8.1 and 6.8 s against 4.2 and 3.5).",
  "write-gap":
    "The longest of three restarts stands against one, and a running `pulumi up`, its snapshot and three downloads take the " +
    "two cores that members and clients share: in the drill the clients' own process stood still for 200 to 490 ms " +
    "during such an `up`. No put failed in any. Which part is the members' own is not yet told apart.",
  "rolling-upgrade":
    "Nobody is down in most of it. Between one member's health and the next one's stop lie 0.9 to 1.0 s: the end of " +
    "the script 0.2, the engine and a new SSH connection 0.25, and 0.5 for the questions that make it safe " +
    "(alarms, members, a linearizable read from each other member, who leads): processes of etcdctl, each with " +
    "a TLS handshake of its own. A restart by itself takes 0.3 s, with etcd's own stop at times 1.3.",
};
