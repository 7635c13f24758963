import type { RowName } from "./rows";

const nothingToDo =
  "Measured while the lab's AWS still looked at every machine for each function that was asked of it: some 3 s, mended on the " +
  "same day. By the engine's calls with their times, without that: 1.5 s until the program's process has begun, 1.5 for " +
  "Node.js, the SDK and the program's modules, 2.4 from the first resource to the last of 89, the end 0.2; in an `up` also one " +
  "look at each machine (0.5, side by side) and what the last update has left, which the engine reads and decrypts again " +
  "(0.4). The empty program has the first and the last, and half of the second.";

/** Why a row is not met, by profiles of 21 and 28 November 2026: shown only while it is not. */
export const explanations: Partial<Record<RowName, string>> = {
  "first-up":
    "An empty program's `pulumi up` alone takes 3 s of the 4 that the steps by hand take. Of 10.8 s, 3.8 passed before " +
    "the program registered its first resource (the engine's start 1.2, Node.js and the SDK 1.5, packages and the " +
    "program's own modules 1.1), 1.9 with keys and certificates and, beside them, the look beforehand (of its 1.3, a " +
    "process of Node.js takes 1.0 to start on busy cores, and 0.25 on quiet ones), 2.3 with the release on each machine, " +
    "2.0 with the members, 0.5 with the health, 0.3 with the engine's end. Most of the spread between runs is etcd's " +
    "first election: 0.7 to 2.4 s after its start.",
  "first-up-less-engine":
    "What is left is what the steps by hand do not do: keys and certificates and the look beforehand (1.9 s of 10.8, on 21 " +
    "November), checksums, binaries that are on the disk before anything starts, five more SSH connections a machine " +
    "(0.1 each, and about 0.2 of the engine between two; two of them since then, for the look at all members before they " +
    "are founded and for each one's permit), 54 resources at some 15 ms, and a member that is waited for until it answers a " +
    "linearizable read.",
  "noop-up": nothingToDo,
  "noop-preview": nothingToDo,
  members:
    "All machines are containers on the same two cores, and each downloads and unpacks a release of its own: by hand, in " +
    "parallel, without Pulumi, seven take twice what three do (8.1 and 6.8 s against 4.2 and 3.5).",
  "write-gap":
    "Looked at put by put on 28 November: no longer at a restart, which costs 40 to 90 ms, as the reference, and no longer " +
    "while releases are unpacked (up to 430 ms, until machines were staged one after the other). The longest ones are now " +
    "wherever the update begins, a process of Node.js or an SSH connection starts, and the clients' own process is not run " +
    "for 50 to 180 ms, on the two cores that members, clients, the engine and the program share.",
  "rolling-upgrade":
    "Members are down for some 4 s of it, as in the reference. Between one's health and the next one's stop lie 1.3 s, twice " +
    "(1.8 while etcd ended only after systemd had read its units again, 2.8 when each script started three times as many " +
    "processes): by the machines' journals 0.25 until the next look begins, on a connection that stands already, 0.45 for " +
    "it, 0.3 for the permit and the provider's own connection, 0.45 in the member's script before etcd is asked to end. All " +
    "of that is on the two cores that three members, a hundred puts and a hundred and fifty requests for health a second share.",
};
