import type { Fault, NotRun } from "../fault";
import { clockFaults } from "./clock";
import { diskFaults } from "./disks";
import { machineFaults } from "./machines";
import { networkFaults } from "./network";
import { processFaults } from "./processes";
import { upFaults } from "./ups";

export const faults: readonly Fault[] = [
  ...processFaults,
  ...machineFaults,
  ...networkFaults,
  ...diskFaults,
  ...clockFaults,
  ...upFaults,
];

/** Those that can be injected here, and why the others cannot. */
export async function sortOut(
  wanted: readonly Fault[],
): Promise<{ possible: Fault[]; notRun: NotRun[] }> {
  const possible: Fault[] = [];
  const notRun: NotRun[] = [];
  for (const fault of wanted) {
    const reason = await fault.whyNot?.();
    if (reason === undefined) {
      possible.push(fault);
    } else {
      notRun.push({ name: fault.name, reason });
    }
  }
  return { possible, notRun };
}
