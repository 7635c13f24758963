import { execOn } from "../../lab/machines";

/** How often SSH has let somebody in on a machine of the lab, by its sshd's journal. */
export async function sshConnections(instanceId: string): Promise<number> {
  const words = ["--unit=ssh", "--output=cat", "--no-pager"];
  const journal = await execOn(instanceId, "journalctl", ...words);
  return journal.split("\n").filter((line) => line.startsWith("Accepted ")).length;
}
