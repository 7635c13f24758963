/**
 * Errors with which a put has had no effect, and never will: gRPC never sent it, or etcd refused it
 * before it was proposed. After all others, such as a timeout or a lost connection, it may be in a
 * log; with "database space exceeded" it may even be applied.
 */
const refusals = ["No connection established", "etcdserver: too many requests"];

/** What is known of a put that ended with this error. */
export function putOutcome(error: string): "failed" | "unknown" {
  return refusals.some((refusal) => error.includes(refusal)) ? "failed" : "unknown";
}
