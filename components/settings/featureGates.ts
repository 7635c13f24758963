import { gatesOf, ownGates } from "../etcd/featureGates";
import { didYouMean } from "./unknown";

/** What is wrong with feature gates that somebody adds, written `Gate=true,Other=false`. */
export function featureGateErrors(version: string, gates: string): string[] {
  return gates.split(",").flatMap((text) => gateError(version, text) ?? []);
}

function gateError(version: string, text: string): string | undefined {
  const [, gate] = /^(\w+)=(true|false)$/.exec(text) ?? [];
  if (gate === undefined) {
    return `has "${text}", expected gates such as LeaseCheckpoint=true, with commas between them`;
  }
  if (ownGates.includes(gate)) {
    return `has ${gate}, which is true in every member already: leave it out`;
  }
  const known = gatesOf(version);
  if (known.includes(gate)) {
    return undefined;
  }
  const hint = didYouMean(gate, known) ?? `There are: ${known.join(", ")}`;
  return `has ${gate}, which is not a feature gate of etcd ${version}. ${hint}`;
}
