import { expect, it } from "vitest";
import { observeBy } from "../../../../components/etcd/remote/observe";

const member = {
  name: "a",
  service: "etcd",
  dataDirectory: "/var/lib/etcd",
  configDirectory: "/etc/etcd",
  clientUrl: "https://10.0.1.10:2379",
  peerUrl: "https://10.0.1.10:2380",
  binaries: "/opt/etcd/v3.7.3/bin",
};

const saying = (stderr: string) =>
  observeBy(
    () => Promise.resolve({ code: 1, stdout: "", stderr, output: stderr, signal: undefined }),
    member,
    [],
  );

it("says why a machine gave no observation, without what a terminal would take for an order", async () => {
  await expect(saying("no\x1b]0;mine\x07 \x1b[2Jdisk\n")).rejects.toThrow(
    /^no \]0;mine +\[2Jdisk$/,
  );
});

it("lets no machine talk for ever", async () => {
  const error = await saying("x".repeat(1_000_000)).catch((reason: Error) => reason.message);
  expect(error).toBe(`${"x".repeat(500)} …`);
});

it("says how it ended where the machine says nothing", async () => {
  await expect(saying("")).rejects.toThrow("observing it ended with 1");
});
