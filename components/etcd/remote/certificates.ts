import { type MemberCertificates, readCertificates } from "../certificates";
import { objectIn } from "../strangers";
import type { RemoteCluster } from "./cluster";
import { type LiveMachine, liveMachines } from "./machine";

/** The certificates on each machine, asked now and side by side. What cannot be asked is an answer, too. */
export function askCertificates(cluster: RemoteCluster): Promise<MemberCertificates[]> {
  return Promise.all(liveMachines(cluster).map(certificatesOf));
}

async function certificatesOf(machine: LiveMachine): Promise<MemberCertificates> {
  const { name } = machine;
  try {
    const said = await machine.succeed("expiry", { config: machine.etcdctl.config });
    return { name, certificates: readCertificates(objectIn(said)) };
  } catch (error) {
    return { name, certificates: [], problem: (error as Error).message };
  }
}
