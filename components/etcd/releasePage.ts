import type { ReleaseSource } from "./stage";

/** A page that answers at all does so within this, in ms; who waits for it is a person who has just changed the version. */
const patience = 3000;

/**
 * That a release does not exist, in words, before machines are made for it; undefined where nothing says so. Asked is
 * what the machines will ask for, and only of a release that is not known to exist. Their way to it may be
 * another one than from here: nothing but a plain "not found" counts.
 */
export async function missingRelease(
  source: ReleaseSource,
  version: string,
  timeoutMs = patience,
): Promise<string | undefined> {
  if (source.kind !== "release" || source.checksums !== undefined) {
    return undefined;
  }
  const address = `${source.url}/v${version}/SHA256SUMS`;
  const status = await statusOf(address, timeoutMs);
  return status === 404 || status === 410
    ? `version is ${version}, and there is none at releaseUrl: ${address} answered ${status}. ` +
        "See which there are at https://github.com/etcd-io/etcd/releases; a mirror may not have it yet"
    : undefined;
}

/** The status of an answer, without where it leads to; undefined where there is none. */
async function statusOf(address: string, timeoutMs: number): Promise<number | undefined> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(address, { redirect: "manual", signal });
    await response.body?.cancel();
    return response.status;
  } catch {
    return undefined;
  }
}
