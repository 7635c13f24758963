import type { RowName } from "./rows";

/** Why a row is not reached, by a profile of 21 November 2026: shown only while it is not. */
export const explanations: Partial<Record<RowName, string>> = {
  "first-up":
    "Of 13.6 s with both cores busy, 3.8 passed before the program registered its first resource (the engine's start " +
    "1.8, Node.js and the SDK 0.7, the program's own modules 1.2), 1.9 with keys and certificates, 1.9 with the look " +
    "beforehand (a process of Node.js that starts for 1.2), 2.4 with the release on each machine, 4.1 with the " +
    "members, 0.4 with the health. By hand there is neither engine nor certificate, nor anybody who looks.",
  "first-up-less-engine":
    "What is left is what the steps by hand do not do: keys and certificates (1.9 s of 13.6), the look beforehand " +
    "(1.9), three more SSH connections a machine (0.1 each), units and timers read by systemd (0.2 each).",
  members:
    "All machines are containers on the same two cores, and each downloads and unpacks a release of its own: by hand, in " +
    "parallel, without Pulumi, seven take twice what three do (8.1 and 6.8 s against 4.2 and 3.5). On top of " +
    "that, founders that come late ask those which listen already whether there is a quorum, one after the " +
    "other, and begin up to 3 s after them.",
  "rolling-upgrade":
    "Nobody is down in most of it. Between one member's health and the next one's stop lie 0.9 to 1.0 s: the end of " +
    "the script 0.2, the engine and a new SSH connection 0.25, and 0.5 for the questions that make it safe " +
    "(alarms, members, a linearizable read from each other member, who leads): some eight processes of " +
    "etcdctl, each with a TLS handshake of its own. A restart by itself takes 0.3 s, with etcd's own stop at times 1.3.",
};
