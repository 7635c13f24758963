import { GRPCInvalidArgumentError, GRPCUnavailableError, isRecoverableError } from "etcd3";
import { expect, it } from "vitest";
import { RareResets } from "../../../../proof/load/rareResets";

/** What etcd3 is told of a call that fails. */
async function told(policy: RareResets, error: Error): Promise<Error> {
  const never: Promise<never> = Promise.reject(error);
  return policy
    .execute(() => never)
    .then(
      () => expect.fail("it did not fail"),
      (reason: Error) => reason,
    );
}

it("etcd3 hears once in a period that a connection may be broken", async () => {
  const policy = new RareResets(60_000);
  const error = new GRPCUnavailableError("14 UNAVAILABLE");
  expect(await told(policy, error)).toBe(error);
  const second = await told(policy, error);
  expect(second.message).toBe(error.message);
  expect(isRecoverableError(second)).toBe(false);
});

it("after it, it hears so again", async () => {
  const policy = new RareResets(0);
  const error = new GRPCUnavailableError("14 UNAVAILABLE");
  expect([await told(policy, error), await told(policy, error)]).toEqual([error, error]);
});

it("no call is refused, whatever failed before, and other errors are as they were", async () => {
  const policy = new RareResets(60_000);
  for (let one = 0; one < 10; one += 1) {
    await told(policy, new GRPCUnavailableError("14 UNAVAILABLE"));
  }
  const error = new GRPCInvalidArgumentError("3 INVALID_ARGUMENT");
  expect(await told(policy, error)).toBe(error);
  expect(await policy.execute(() => "value")).toBe("value");
});
