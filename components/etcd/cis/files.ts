import { list } from "../rollout/words";
import { flag } from "./flags";
import { type Evidence, fail, type Judgement, notApplicable, NotSeen, pass } from "./judgement";
import type { CisLook, OwnedFile } from "./look";

const notAPod = "etcd is a unit of systemd here and no pod";

export function unitPermissions({ look }: Evidence): Judgement {
  const files = unitFiles(look);
  const loose = files.filter(isWritableByOthers);
  return loose.length > 0
    ? fail(
        `${notAPod}; its unit may be written to by others than its owner: ${modes(loose)}: ${chmod("go-w", loose)}`,
      )
    : notApplicable(
        `${notAPod}; its unit, which has no secret, is for its owner alone to write: ${modes(files)}`,
      );
}

export function unitOwnership({ look }: Evidence): Judgement {
  const files = unitFiles(look);
  const others = files.filter(({ owner }) => owner !== "root:root");
  return others.length > 0
    ? fail(`${notAPod}; its unit is not root's: ${owners(others)}: ${chown("root:root", others)}`)
    : notApplicable(`${notAPod}; its unit is root's: ${owners(files)}`);
}

/** What systemd has read the unit from, later additions among it. */
function unitFiles({ unit }: CisLook): readonly OwnedFile[] {
  if (unit === undefined || unit.length === 0) {
    throw new NotSeen("systemd does not tell from which files it has the unit");
  }
  return unit;
}

export function dataPermissions(evidence: Evidence): Judgement {
  const folder = dataFolder(evidence);
  return isWithin(folder, 0o700)
    ? pass(modes([folder]))
    : fail(`${modes([folder])}, expected 700 or less: ${chmod("700", [folder])}`);
}

export function dataOwnership(evidence: Evidence): Judgement {
  const folder = dataFolder(evidence);
  return folder.owner === "etcd:etcd"
    ? pass(owners([folder]))
    : fail(`${owners([folder])}, expected etcd:etcd: ${chown("etcd:etcd", [folder])}`);
}

function dataFolder({ look, places }: Evidence): OwnedFile {
  const runsWith = flag(look, "data-dir");
  if (runsWith !== places.dataDirectory) {
    throw new NotSeen(
      `etcd runs with --data-dir=${runsWith ?? ""}, and ${places.dataDirectory} was looked at`,
    );
  }
  const folder = look.data?.find(({ path }) => path === places.dataDirectory);
  if (folder === undefined) {
    throw new NotSeen(`${places.dataDirectory} could not be looked at`);
  }
  return folder;
}

/** etcd does not run as root, for which the item is written: what it reads may be its own. */
export function pkiOwnership(evidence: Evidence): Judgement {
  const { all, read, isNone } = pki(evidence);
  if (isNone) {
    return notApplicable(withoutTls);
  }
  const others = all.filter(
    ({ owner, path }) => owner !== "root:root" && !(owner === "etcd:etcd" && read.includes(path)),
  );
  const open = all.filter((file) => file.isFolder && isWritableByOthers(file));
  if (others.length > 0) {
    return fail(`${owners(others)}, expected root:root: ${chown("root:root", others)}`);
  }
  if (open.length > 0) {
    return fail(`others may put files there: ${modes(open)}: ${chmod("go-w", open)}`);
  }
  const folders = all.filter(({ isFolder }) => isFolder).map(({ path }) => path);
  const etcds = all.filter(({ owner }) => owner === "etcd:etcd").length;
  return pass(
    `root owns ${list(folders)} and ${all.length - folders.length - etcds} files there. The other ${etcds} are etcd:etcd, which reads them and is not root, as the benchmark takes it to be`,
  );
}

export function pkiPermissions(evidence: Evidence, kind: "certificates" | "keys"): Judgement {
  const { [kind]: files, isNone } = pki(evidence);
  if (isNone) {
    return notApplicable(withoutTls);
  }
  if (files.length === 0) {
    throw new NotSeen(`no ${kind} are among the files that were looked at`);
  }
  const loose = files.filter((file) => !isWithin(file, 0o600));
  return loose.length > 0
    ? fail(`${modes(loose)}, expected 600 or less: ${chmod("600", loose)}`)
    : pass(`each 600 or less: ${list(files.map(({ path }) => path))}`);
}

const withoutTls =
  "etcd has no certificates and keys: it runs without TLS, which items of section 2 tell";

const keyFlags = ["key-file", "peer-key-file", "client-key-file", "peer-client-key-file"];
const certificateFlags = [
  ...["cert-file", "peer-cert-file", "client-cert-file", "peer-client-cert-file"],
  ...["trusted-ca-file", "peer-trusted-ca-file", "client-crl-file", "peer-crl-file"],
];

/** @throws NotSeen where etcd reads a file that was not looked at */
function pki({ look, places }: Evidence) {
  const named = (names: readonly string[]) => names.flatMap((name) => flag(look, name) || []);
  const keysRead = named(keyFlags);
  const read = [...keysRead, ...named(certificateFlags)];
  const all = look.pki ?? [];
  const unseen = [places.configDirectory, ...read].filter(
    (path) => !all.some((file) => file.path === path),
  );
  if (unseen.length > 0) {
    throw new NotSeen(`${list(unseen)} could not be looked at`);
  }
  const files = all.filter(({ isFolder }) => !isFolder);
  const isKey = ({ path }: OwnedFile) => path.endsWith(".key") || keysRead.includes(path);
  return {
    all,
    read,
    keys: files.filter(isKey),
    /** All the rest: none of it is left out for its name. */
    certificates: files.filter((file) => !isKey(file)),
    isNone: files.length === 0,
  };
}

/** Whether a mode has no bit that these have not. */
const isWithin = ({ mode }: OwnedFile, bits: number) => (mode & ~bits) === 0;

const isWritableByOthers = ({ mode }: OwnedFile) => (mode & 0o022) !== 0;

const modes = (files: readonly OwnedFile[]) =>
  some(files.map(({ path, mode }) => `${path} is ${mode.toString(8)}`));
const owners = (files: readonly OwnedFile[]) =>
  some(files.map(({ path, owner }) => `${path} is ${owner}`));
const chmod = (mode: string, files: readonly OwnedFile[]) => `sudo chmod ${mode} ${paths(files)}`;
const chown = (owner: string, files: readonly OwnedFile[]) => `sudo chown ${owner} ${paths(files)}`;
const paths = (files: readonly OwnedFile[]) => files.map(({ path }) => path).join(" ");

/** The first of them, and how many more. */
function some(texts: readonly string[]): string {
  return list(texts.length <= 3 ? texts : [...texts.slice(0, 2), `${texts.length - 2} more`]);
}
