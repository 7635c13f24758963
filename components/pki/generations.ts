/** What a CA of the cluster's signs for: what members show each other, or all the rest. */
export type Realm = "clients" | "peers";

/**
 * The common name of a cluster's CA. Generations have names of their own, so that whoever verifies a
 * certificate finds its issuer among several.
 */
export function authorityName(clusterName: string, realm: Realm, generation: number): string {
  const name = `${clusterName} ${realm === "peers" ? "peer CA" : "CA"}`;
  return generation === 1 ? name : `${name} ${generation}`;
}

/** The generation of the CA with this distinguished name, as `authorityName` made it. */
export function generationOf(distinguishedName: string): number {
  return Number(/^CN=.* CA(?: (\d+))?$/m.exec(distinguishedName)?.[1] ?? "1");
}
