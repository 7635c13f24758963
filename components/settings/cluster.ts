import { statSync } from "node:fs";
import type { Client } from "../etcd/access";
import type { FlagSettings } from "../etcd/flags";
import { looksLikeHours } from "../etcd/compaction";
import { fileSha256, knownChecksums } from "../etcd/releaseChecksums";
import type { ReleaseSource } from "../etcd/stage";
import { minorError, versionError, versionWarning } from "../etcd/versions";
import type { Subject } from "../pki/certificate";
import { lifetimeErrors, type LifetimeSettings } from "../pki/lifetimes";
import { checkAccess } from "./clients";
import { checkFlags } from "./flags";
import { isPlainPath, labelError } from "./names";
import { type SettingError, errorOf } from "./reader";
import type { SnapshotSettings } from "./snapshots";

/** What of the settings concerns a cluster, wherever it runs. `Pulumi.yaml` describes each of them. */
export interface ClusterSettings extends FlagSettings, LifetimeSettings, SnapshotSettings {
  readonly clusterName: string;
  readonly allowDowngradeTo: string;
  readonly evenMembers: boolean;
  readonly install: "release" | "package" | "file";
  readonly releaseUrl: string;
  readonly releaseFile: string;
  readonly ownReleases: boolean;
  readonly binDirectory: string;
  readonly deleteData: boolean;
  readonly tls: "on" | "off";
  readonly certificateSubject: Subject;
  readonly certificateIssue: number;
  readonly certificateAuthorities: number[];
  readonly serverNames: string[];
  /** By their names. */
  readonly clients: Readonly<Record<string, Client>>;
  readonly accessControl: boolean;
}

export function releaseSource(settings: ClusterSettings): ReleaseSource {
  switch (settings.install) {
    case "release":
      return {
        kind: "release",
        url: settings.releaseUrl,
        checksums: settings.ownReleases ? undefined : knownChecksums(settings.version),
      };
    case "package":
      return { kind: "package" };
    case "file":
      return { kind: "file", path: settings.releaseFile };
  }
}

/** What is allowed and deserves a second thought, each with its setting's name. */
export function clusterWarnings(
  settings: ClusterSettings,
  { members, verifyHostKeys }: { members: number; verifyHostKeys: boolean },
): string[] {
  const old = versionWarning(settings.version);
  const all: [boolean, string][] = [
    [old !== undefined, `version ${old}`],
    [
      settings.install === "release" && settings.releaseUrl.startsWith("http:"),
      "releaseUrl is plain HTTP: anyone on the way can change a release and its SHA256SUMS",
    ],
    [
      !verifyHostKeys,
      "verifyHostKeys is false: anyone who answers at a machine's address gets its keys and its data",
    ],
    [
      settings.snapshotEndpoint.startsWith("http:"),
      "snapshotEndpoint is plain HTTP: anyone on the way reads every snapshot",
    ],
    [
      settings.tls === "off",
      "tls is off: everybody who can reach a member reads and writes everything in it, and everybody on the way reads along",
    ],
    [
      settings.plainLoopback && settings.tls === "on",
      "plainLoopback is true: every process on a member's machine reads and writes everything, without a certificate",
    ],
    [
      !settings.accessControl && Object.keys(settings.clients).length > 0,
      "accessControl is false: each of the clients reads and writes everything, whatever its role is",
    ],
    [
      settings.plainLoopback && settings.accessControl,
      "plainLoopback is true, and so is accessControl: who comes without a certificate has no name, and is refused by every request",
    ],
    [
      showsMemory(settings),
      "extraFlags has enable-pprof or log-level debug: each client can read profiles of the members' memory at /debug/pprof, whatever its role is",
    ],
    [
      looksLikeHours(settings.compactionRetention),
      `compactionRetention is ${settings.compactionRetention}, which keeps as many revisions; as many hours are ${settings.compactionRetention}h`,
    ],
    [
      members % 2 === 0,
      `evenMembers is true: ${members} members survive the loss of ${members / 2 - 1}, as ${members - 1} would, and one more machine can break`,
    ],
  ];
  return all.filter(([applies]) => applies).map(([, text]) => text);
}

/** etcd does so by either flag (`embed/etcd.go`; 3.4 by debug, too). */
function showsMemory({ extraFlags }: ClusterSettings): boolean {
  const { "enable-pprof": profiles = "false", debug = "false" } = extraFlags;
  return profiles !== "false" || debug !== "false" || extraFlags["log-level"] === "debug";
}

/** All that can be wrong with a cluster's settings, but for its machines and snapshots. */
export function checkCluster(settings: ClusterSettings): SettingError[] {
  return [
    ...errorOf(
      "install",
      ["release", "package", "file"].includes(settings.install)
        ? undefined
        : `is "${String(settings.install)}", expected release or package or file`,
    ),
    ...checkNames(settings),
    ...errorOf("version", versionError(settings.version)),
    ...errorOf("allowDowngradeTo", minorError(settings.allowDowngradeTo)),
    ...checkSource(settings),
    ...checkFlags(settings),
    ...lifetimesOf(settings),
    ...checkAuthorities(settings),
    ...checkAccess(settings),
  ];
}

function checkNames({ clusterName, serverNames }: ClusterSettings): SettingError[] {
  const errors: SettingError[] = [];
  if (labelError(clusterName) !== undefined || clusterName.length > 32) {
    errors.push({
      setting: "clusterName",
      text: `is "${clusterName}", expected 1 to 32 of a-z, 0-9 and "-", neither first nor last a "-"`,
    });
  }
  for (const name of serverNames) {
    if (!/^(\*\.)?[\w-]+(\.[\w-]+)*$/.test(name) && !/^[0-9a-fA-F:]+$/.test(name)) {
      errors.push({
        setting: "serverNames",
        text: `has "${name}", expected a host name or an address`,
      });
    }
  }
  return errors;
}

function checkSource(settings: ClusterSettings): SettingError[] {
  const errors = [
    ...errorOf("releaseUrl", urlError(settings.releaseUrl)),
    ...errorOf("releaseFile", settings.install === "file" ? fileError(settings) : undefined),
  ];
  if (!isPlainPath(settings.binDirectory)) {
    errors.push({
      setting: "binDirectory",
      text: `is "${settings.binDirectory}", expected an absolute path such as /usr/local/bin`,
    });
  }
  return errors;
}

function fileError({ releaseFile, ownReleases, version }: ClusterSettings): string | undefined {
  if (!statSync(releaseFile, { throwIfNoEntry: false })?.isFile()) {
    return `is "${releaseFile}", expected the path of a release's tarball on this machine`;
  }
  const known = ownReleases ? undefined : knownChecksums(version);
  const sum = fileSha256(releaseFile);
  return known === undefined || Object.values(known).includes(sum)
    ? undefined
    : `is "${releaseFile}", whose SHA-256 is ${sum}: expected that of etcd ${version}, ${known.amd64} (amd64) or ` +
        `${known.arm64} (arm64). It is another release, damaged or not what was published; if you have built it yourself, set ownReleases: true`;
}

function urlError(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    return `is "${text}", expected a URL such as https://mirror.example.com/etcd`;
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    return `has a user, a query or a fragment, expected the plain URL of a mirror: it is shown in previews and logs`;
  }
  // curl takes {…} and […] for several URLs, and a URL drops line breaks without a word.
  return /[\s{}[\]\\]/.test(text)
    ? `is ${JSON.stringify(text)}, expected a URL without spaces, braces and brackets`
    : undefined;
}

/** @param setting where the members are named */
export function checkMemberCount(
  setting: string,
  count: number,
  { evenMembers }: Pick<ClusterSettings, "evenMembers">,
): SettingError[] {
  if (count === 0) {
    return [{ setting, text: "names nobody. Expected 1, 3, 5 or 7" }];
  }
  if (count > 7) {
    return [
      {
        setting,
        text: `names ${count} members: every write waits for more than half of them, and beyond 7 that costs more than it protects. Expected 1, 3, 5 or 7`,
      },
    ];
  }
  return count % 2 === 1 || evenMembers
    ? []
    : [
        {
          setting,
          text: `names ${count} members: an even number needs a larger quorum and survives no more losses than ${count - 1}. Expected 1, 3, 5 or 7, or evenMembers: true to have it so`,
        },
      ];
}

function checkAuthorities({
  certificateAuthorities: generations,
}: ClusterSettings): SettingError[] {
  const isRight =
    [1, 2].includes(generations.length) &&
    new Set(generations).size === generations.length &&
    generations.every((generation) => Number.isInteger(generation) && generation >= 1);
  return isRight
    ? []
    : [
        {
          setting: "certificateAuthorities",
          text: `is [${generations.join(", ")}], expected one or two different whole numbers from 1, such as [1], or [1, 2] on the way from 1 to 2`,
        },
      ];
}

function lifetimesOf(settings: ClusterSettings): SettingError[] {
  const days = [
    settings.caLifetimeDays,
    settings.certificateLifetimeDays,
    settings.certificateRenewalDays,
  ];
  // What is no number has been said already.
  return days.some(Number.isNaN) ? [] : lifetimeErrors(settings);
}
