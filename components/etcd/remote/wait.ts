import { setTimeout as sleep } from "node:timers/promises";
import type { RemoteCluster } from "./cluster";
import { askHealth } from "./health";

/** Whom to wait for. */
export interface Awaited {
  readonly name: string;
  readonly seconds: number;
}

/**
 * Waits until a member serves reads again.
 * @throws Error with what was seen last, when it takes longer
 */
export async function waitUntilHealthy(cluster: RemoteCluster, awaited: Awaited): Promise<void> {
  const { name, seconds } = awaited;
  const others = cluster.members.filter((member) => member.name !== name);
  const own = cluster.members.filter((member) => member.name === name);
  const asked: RemoteCluster = {
    ...cluster,
    // The machine itself is asked last: it may be the one that does not answer.
    members: [...others, ...own],
  };
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await askHealth(asked).then(
      (health) => {
        const member = health.members.find((one) => one.name === name);
        return member?.healthy ? undefined : health.verdict;
      },
      (error: Error) => error.message,
    );
    if (seen === undefined) {
      return;
    }
    if (Date.now() > deadline) {
      throw new Error(`waited ${seconds} s for ${name} to serve reads again, in vain: ${seen}`);
    }
    await sleep(1000);
  }
}
