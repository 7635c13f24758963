/**
 * The common name of a cluster's CA. Generations have names of their own, so that whoever verifies a
 * certificate finds its issuer among several.
 */
export function authorityName(clusterName: string, generation: number): string {
  return generation === 1 ? `${clusterName} CA` : `${clusterName} CA ${generation}`;
}

/** The generation of the CA with this distinguished name, as `authorityName` made it. */
export function generationOf(distinguishedName: string): number {
  return Number(/^CN=.* CA(?: (\d+))?$/m.exec(distinguishedName)?.[1] ?? "1");
}
