import { readFileSync } from "node:fs";
import * as path from "node:path";

/** What a look at a machine is made of. */
const look = [
  "identity",
  "units",
  "dataDirectory",
  "etcdctl",
  "running",
  "certificateFiles",
  "observe",
] as const;

/**
 * The scripts that run on a machine, each with the parts that it is made of beside `common`. The last
 * part defines a function of the script's own name.
 */
const parts = {
  preflight: ["tools", "curl", "identity", "preflight"],
  stage: [
    "tools",
    "identity",
    "units",
    "dataDirectory",
    "release",
    "packages",
    "package",
    "files",
    "certificates",
    "stage",
  ],
  restore: ["identity", "files", "units", "dataDirectory", "curl", "s3", "snapshotFile", "restore"],
  observe: look,
  turn: [...look, "files", "permit", "turn"],
  member: [
    "identity",
    "files",
    "units",
    "dataDirectory",
    "etcdctl",
    "running",
    "restored",
    "snapshotTimer",
    "links",
    "takePermit",
    "start",
    "actions",
    "member",
  ],
  health: ["health"],
  access: ["identity", "files", "etcdctl", "access"],
  snapshot: ["identity", "etcdctl", "curl", "s3", "snapshotFile", "snapshotsHere", "snapshot"],
  upkeep: ["certificateFiles", "snapshotsHere", "upkeep"],
  cis: ["identity", "running", "certificateFiles", "cis"],
  handover: ["identity", "etcdctl", "others", "handover"],
  depart: ["identity", "etcdctl", "depart"],
  downgrade: ["identity", "etcdctl", "downgrade"],
  defrag: ["identity", "etcdctl", "others", "running", "defrag"],
  disarm: ["identity", "etcdctl", "disarm"],
  remove: ["identity", "packages", "links", "remove"],
} as const;

export type ScriptName = keyof typeof parts;

export const scriptNames = Object.keys(parts) as ScriptName[];

/** The text of a script as it runs on a machine, without its call. */
export function scriptText(script: ScriptName): string {
  return ["common", ...parts[script]].map(source).join("");
}

/** A script that stays on a machine: with its call, which takes the arguments as they come. */
export function installedScript(script: ScriptName): string {
  return `#!/bin/bash\n${scriptText(script)}${script} "$@"\n`;
}

/**
 * The same without what bash only reads over, which it does byte by byte from a pipe while others wait: comments and
 * indentation, but for those of a text that the script writes.
 */
function compact(text: string): string {
  let until: string | undefined;
  const kept = text.split("\n").flatMap((line) => {
    if (until !== undefined) {
      until = line === until ? undefined : until;
      return [line];
    }
    until = /<<(\w+)$/.exec(line)?.[1];
    const bare = line.trimStart();
    return bare === "" || bare.startsWith("#") ? [] : [bare];
  });
  return `${kept.join("\n")}\n`;
}

/** A file that goes to a machine: its name in the bundle and its content. */
export type Bundle = Record<string, string>;

/**
 * What is piped into `scriptCommand`: the script, the call that the command names, and then the
 * files, which the script reads from what is left of its standard input. So nothing of it is ever in a
 * command line, a process list or an error message, and the whole can be one secret.
 */
export function scriptInput(script: ScriptName, bundle: Bundle = {}): string {
  return scriptStart(script) + filesInput(bundle);
}

/** The beginning of it: the script and its call. */
export function scriptStart(script: ScriptName): string {
  // One compound command: bash has read past it before it runs, and ends without reading on.
  return `${compact(scriptText(script))}{ "$@"; exit; }\n`;
}

/** The rest of it: a line each, as bash's `printf %b` reads it back without another process. */
export function filesInput(bundle: Bundle): string {
  const files = Object.entries(bundle).map(
    ([name, content]) => `${name} ${content.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n`,
  );
  return [...files, "end\n"].join("");
}

/**
 * The command that runs a script from its standard input as root. Its arguments say what is asked
 * for, `name=value` each, so that a preview shows what changes; none of them is secret.
 */
export function scriptCommand(
  script: ScriptName,
  args: Readonly<Record<string, string | number | boolean>>,
): string {
  const words = Object.entries(args).map(([name, value]) => quote(`${name}=${value}`));
  return ["sudo -n bash -s --", script, ...words].join(" ");
}

/** A word of a POSIX shell, quoted where it has to be. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function source(name: string): string {
  return readFileSync(path.join(__dirname, "scripts", `${name}.sh`), "utf8");
}
