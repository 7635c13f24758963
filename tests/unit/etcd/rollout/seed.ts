/**
 * The same cases at every run, so that a change is what turns a test red. `ETCD_SEED` asks for others, and
 * fast-check tells the seed with what it has found.
 */
export function cases(numRuns: number): { seed: number; numRuns: number } {
  return { seed: Number(process.env["ETCD_SEED"] ?? "20261124"), numRuns };
}
