import { expect, it } from "vitest";
import { decideMember } from "../../../../components/etcd/rollout/decide";
import { isBlocked } from "../../../../components/etcd/rollout/memberStep";
import { permitSeconds, permitText } from "../../../../components/etcd/rollout/permit";
import { blank, observed, own, peerUrl, question } from "./example";

const binding = { update: "0011223344556677", clusterId: own.clusterId, digest: "d".repeat(64) };

it("a permit says all that a step rests on, a line each", () => {
  const step = {
    member: "a",
    action: "restart",
    hasData: true,
    pid: 4711,
    via: "https://10.0.1.11:2379",
    remove: "fdeddd04781794f9",
    rename: "fdeddd04781794fa",
    add: true,
    lead: ["1", "2"],
    serve: ["https://10.0.1.11:2379", "https://10.0.1.12:2379"],
    initialCluster: "a=https://10.0.1.10:2380,b=https://10.0.1.11:2380",
    token: `${own.clusterId}-1a2b3c4d`,
    waitSeconds: 121,
  } as const;
  expect(permitText(step, binding)).toBe(`update=0011223344556677
cluster=${own.clusterId}
member=a
action=restart
unit=${binding.digest}
has_data=true
pid=4711
via=https://10.0.1.11:2379
remove=fdeddd04781794f9
rename=fdeddd04781794fa
add=true
lead=1,2
serve=https://10.0.1.11:2379,https://10.0.1.12:2379
initial=a=https://10.0.1.10:2380,b=https://10.0.1.11:2380
token=${own.clusterId}-1a2b3c4d
wait=121
`);
});

it("what there is nothing of is empty", () => {
  const seen = observed({ machines: { a: blank, b: blank, c: blank }, silent: true });
  const step = decideMember(question({ recorded: undefined, observed: seen }), "b");
  expect(isBlocked(step) ? step.blocked : permitText(step, binding)).toBe(
    `update=0011223344556677
cluster=${own.clusterId}
member=b
action=found
unit=${binding.digest}
has_data=false
pid=0
via=
remove=
rename=
add=false
lead=
serve=
initial=a=${peerUrl("a")},b=${peerUrl("b")},c=${peerUrl("c")}
token=${own.clusterId}
wait=120
`,
  );
});

it("a permit outlives a machine that is dialled for four minutes, and a lock of five", () => {
  expect(permitSeconds).toBeGreaterThanOrEqual(4 * 60 + 5 * 60);
});
