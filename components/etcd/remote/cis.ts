import type { LookedAt } from "../cis/report";
import { readCisLook } from "../cis/look";
import type { RemoteCluster } from "./cluster";
import { type LiveMachine, liveMachines } from "./machine";

/** Looks at each machine for the items of the CIS benchmark, side by side. What cannot be seen is an answer, too. */
export function lookForCis(cluster: RemoteCluster): Promise<LookedAt[]> {
  return Promise.all(liveMachines(cluster).map(lookAt));
}

async function lookAt(machine: LiveMachine): Promise<LookedAt> {
  const { name, dataDirectory, configDirectory, clientUrl, peerUrl } = machine.member;
  const places = { name, dataDirectory, configDirectory };
  try {
    const urls = { client_url: clientUrl, peer_url: peerUrl };
    const said = await machine.succeed("cis", { ...machine.identity, ...urls });
    return { ...places, look: readCisLook(said) };
  } catch (error) {
    return { ...places, problem: (error as Error).message };
  }
}
