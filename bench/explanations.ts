import type { RowName } from "./rows";

const nothingToDo =
  "Of 3.8 s on a quiet machine, the empty program has 2.5: the engine's start 0.9, Node.js and the SDK 1.4, the end " +
  "0.2. The program's own modules, compiled as they are loaded, take 0.1 to 0.2. The rest, 1.2 s, goes by between the " +
  "first resource and the last of 82: 15 ms each, in the SDK (what goes over gRPC), in the engine, and for check and " +
  "diff in its provider, on two cores for all of them; the program itself is idle for nearly half of that time. A third of " +
  "the whole was saved by not translating stack traces that nobody reads; compiling the program beforehand saved " +
  "nothing that could be measured.";

/** Why a row is not reached, by profiles of 21 November 2026: shown only while it is not. */
export const explanations: Partial<Record<RowName, string>> = {
  "first-up":
    "An empty program's `pulumi up` alone takes 3 s of the 4 that the steps by hand take. Of 10.8 s, 3.8 passed before " +
    "the program registered its first resource (the engine's start 1.2, Node.js and the SDK 1.5, packages and the " +
    "program's own modules 1.1), 1.9 with keys and certificates and, beside them, the look beforehand (of its 1.3, a " +
    "process of Node.js takes 1.0 to start on busy cores, and 0.25 on quiet ones), 2.3 with the release on each machine, " +
    "2.0 with the members, 0.5 with the health, 0.3 with the engine's end. Most of the spread between runs is etcd's " +
    "first election: 0.7 to 2.4 s after its start.",
  "first-up-less-engine":
    "What is left is what the steps by hand do not do: keys and certificates and the look beforehand (1.9 s of 10.8), " +
    "checksums, and binaries that are on the disk before anything starts, three more SSH connections a machine (0.1 " +
    "each, and about 0.2 of the engine between two), 52 resources at some 15 ms, and a member that is waited for until " +
    "it answers a linearizable read.",
  "noop-up": nothingToDo,
  "noop-preview": nothingToDo,
  members:
    "All machines are containers on the same two cores, and each downloads and unpacks a release of its own: by hand, in " +
    "parallel, without Pulumi, seven take twice what three do (8.1 and 6.8 s against 4.2 and 3.5).",
  "write-gap":
    "In four upgrades that were looked at put by put, a member's stop, and the leadership's move, cost 45 to 75 ms. The " +
    "longest gaps, 100 to 230 ms, were earlier: while three machines unpack a release on the two cores that members, " +
    "clients and Pulumi share, and the clients' own process was not run for 50 to 200 ms.",
  "rolling-upgrade":
    "Nobody is down in a good part of it. Between one member's health and the next one's stop lie 1.2 to 1.5 s under this " +
    "load: who leads now 0.1, the engine and a new SSH connection 0.4, and 0.7 for the script's files and its questions " +
    "(0.3 on a quiet machine): some fifty processes, among them six of etcdctl with a TLS handshake each (does this " +
    "member serve, alarms, members, a linearizable read from each other one, who leads). Of the 1.4 s that a member " +
    "is down, 1.0 is etcd's own stop: it waits that long for its peers' connections, in three of four stops.",
};
