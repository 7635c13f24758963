import { describe, expect, it } from "vitest";
import { knownChecksums, releaseChecksums } from "../../../components/etcd/releaseChecksums";
import { supportedMinors } from "../../../components/etcd/versions";

describe("the known checksums of releases", () => {
  const all = Object.values(releaseChecksums).flatMap((byVersion) => Object.entries(byVersion));

  it("are SHA-256, none of them twice", () => {
    const sums = all.map(([, sum]) => sum);
    expect(sums.filter((sum) => !/^[0-9a-f]{64}$/.test(sum))).toEqual([]);
    expect(new Set(sums).size).toBe(sums.length);
  });

  it("are of versions that can be asked for, on every architecture", () => {
    const { amd64, arm64 } = releaseChecksums;
    expect(Object.keys(amd64)).toEqual(Object.keys(arm64));
    const minors = Object.keys(amd64).map((version) => version.split(".").slice(0, 2).join("."));
    expect([...new Set(minors)]).toEqual(supportedMinors);
  });

  it("are told by version", () => {
    expect(knownChecksums("3.6.14")).toEqual({
      amd64: "ffe840ff9295808e88cce2794a18a5ac87f12a5203c8314d0bf6aa119b41bac5",
      arm64: "fa1b80565ee6fc2df1ae6f57a508b221f3ecc7d591c317c581cd8281b0842b3e",
    });
    expect(knownChecksums("3.7.99")).toBeUndefined();
    expect(knownChecksums("constructor")).toBeUndefined();
  });
});
