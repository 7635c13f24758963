import { describe, expect, it } from "vitest";
import { kubeApiserver, coredns, patroni } from "../../../lab/mirror/consumers";
import { expectedSum } from "../../../lab/mirror/download";
import { architecture } from "../../../lab/mirror/tarball";

describe("what a file of checksums says of a file", () => {
  it.each([
    ["one of several", "aaa  other.tgz\nbbb  file.tgz\n", "bbb"],
    ["one marked as binary", "bbb *file.tgz\n", "bbb"],
    ["a checksum alone, as dl.k8s.io has it", "bbb", "bbb"],
    ["another file", "aaa  other.tgz\n", undefined],
    ["a name that only ends so", "aaa  my-file.tgz\n", undefined],
    ["several without names", "aaa\nbbb\n", undefined],
    ["nothing", "", undefined],
  ])("%s", (_, sums, expected) => expect(expectedSum(sums, "file.tgz")).toBe(expected));
});

it.each([
  [kubeApiserver("1.37.2"), `kubernetes/v1.37.2/bin/linux/${architecture}/kube-apiserver`],
  [coredns("1.15.0"), `coredns/v1.15.0/coredns_1.15.0_linux_${architecture}.tgz`],
  [patroni("4.1.5"), "patroni/4.1.5/wheels.tar.gz"],
])("$title lies below the mirror as its stage asks for it", ({ folder, published }, expected) => {
  expect(`${folder}/${published.file}`).toBe(expected);
  // Below the publisher's own address, it is the same.
  if (published.address !== undefined) {
    const [, ...below] = folder.split("/");
    expect(published.address.endsWith(`/${below.join("/")}`)).toBe(true);
  }
  expect(published.sums).toBe(`${published.file}.sha256`);
});
