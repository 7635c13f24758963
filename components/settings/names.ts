import * as path from "node:path";

/** What the project's own program calls its cluster: whatever is made for it has that in front. */
export const ownCluster = "etcd";

/** A host name's label: RFC 1123, lower case as the resource names that it becomes part of. */
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** What is wrong with a member's name, in words, or undefined. */
export function labelError(name: string): string | undefined {
  return typeof name === "string" && label.test(name)
    ? undefined
    : `is "${name}", expected a host name: 1 to 63 of a-z, 0-9 and "-", neither first nor last a "-"`;
}

/** Whether a text is an absolute path of plain names: none is "." or "..", so that it is where it says. */
export function isPlainPath(text: string): boolean {
  return /^(\/[\w.-]+)+$/.test(text) && path.posix.normalize(text) === text;
}
