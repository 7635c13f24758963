import { type IDefaultPolicyContext, NoopPolicy } from "cockatiel";
import { isRecoverableError } from "etcd3";
import { now } from "./clock";

/**
 * What etcd3 makes of the failed calls to a member, instead of its circuit breaker, which after
 * three failures makes no call at all for 5 s.
 *
 * etcd3 gives up its connection to the member with every failed call that could be the
 * connection's fault. While a cluster has no leader that would be a new TLS handshake for every
 * put; but never would be too rare, as a connection to a machine that is gone without a word lasts
 * for minutes. So it hears only of one such failure in a period.
 */
export class RareResets extends NoopPolicy {
  private resetMs = -Infinity;

  constructor(private readonly periodMs: number) {
    super();
  }

  override async execute<T>(
    call: (context: IDefaultPolicyContext) => PromiseLike<T> | T,
    signal?: AbortSignal,
  ): Promise<T> {
    try {
      return await super.execute(call, signal);
    } catch (error) {
      if (!isRecoverableError(error as Error)) {
        throw error;
      }
      if (now() - this.resetMs < this.periodMs) {
        throw new Error((error as Error).message, { cause: error });
      }
      this.resetMs = now();
      throw error;
    }
  }
}
