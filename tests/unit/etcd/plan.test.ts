import { describe, expect, it } from "vitest";
import { planMembers } from "../../../components/etcd/plan";

describe("the plan of members", () => {
  const two = [
    { name: "a", address: "10.0.1.10" },
    { name: "b", address: "10.0.1.10" },
  ];

  it("has no two machines of one address, as those that are known late may turn out to be", () => {
    expect(() => planMembers(two, { tls: true })).toThrow(
      "the machines of a and b have one address, 10.0.1.10",
    );
  });

  it("has two members on one machine, where that is meant", () => {
    const shared = two.map((member, index) => ({
      ...member,
      sharesMachine: true,
      ports: { client: 2379 + 10 * index, peer: 2380 + 10 * index, metrics: 2381 + 10 * index },
    }));
    expect(planMembers(shared, { tls: true }).map(({ clientUrl }) => clientUrl)).toEqual([
      "https://10.0.1.10:2379",
      "https://10.0.1.10:2389",
    ]);
  });
});
