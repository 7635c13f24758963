import { describe, expect, it } from "vitest";
import {
  newest,
  versionError,
  versionNote,
  versionWarning,
} from "../../../components/etcd/versions";
import { exitStatus, versionLines } from "../../../operator/healthTable";
import { clusterHealth } from "./exampleHealth";

it.each(["3.4.0", "3.4.45", "3.5.3", "3.5.35", "3.6.16", "3.7.3"])("%s is taken", (version) => {
  expect(versionError(version)).toBeUndefined();
});

it.each([
  "2.3.8",
  "3.3.27",
  "3.5.0",
  "3.8.0",
  "4.0.0",
  "3.7.3-rc.0",
  "3.7",
  "v3.7.3",
  "latest",
  "",
])("%j is refused", (version) => expect(versionError(version)).toBeDefined());

describe("known holes of a version are told, with the patch release to go to", () => {
  const both = "GHSA-xg4h-6gfc-h4m8, CVE-2026-73500";
  const nested = `CVE-2026-33413, CVE-2026-33343, CVE-2026-44283, ${both}`;
  const to = (minor: keyof typeof newest) =>
    `go to ${newest[minor]}, the newest ${minor} that is known here, or a later one`;
  const on = "go to 3.5 or later, one minor version at a time";

  it.each<[string, string]>([
    ["3.5.3", `has known holes (CVE-2021-28235, CVE-2023-32082, ${nested}): ${to("3.5")}`],
    ["3.5.8", `has known holes (CVE-2023-32082, ${nested}): ${to("3.5")}`],
    ["3.5.27", `has known holes (${nested}): ${to("3.5")}`],
    ["3.5.28", `has known holes (CVE-2026-44283, ${both}): ${to("3.5")}`],
    ["3.5.32", `has known holes (${both}): ${to("3.5")}`],
    ["3.6.8", `has known holes (${nested}): ${to("3.6")}`],
    ["3.6.13", `has known holes (${both}): ${to("3.6")}`],
    ["3.7.0", `has known holes (${both}): ${to("3.7")}`],
    [
      "3.4.41",
      `etcd's project makes no fixes any more, and which has known holes (${nested}): ${on}`,
    ],
    [
      "3.4.45",
      `etcd's project makes no fixes any more, and which has known holes (${both}): ${on}`,
    ],
  ])("%s: %s", (version, expected) => expect(versionWarning(version)).toContain(expected));

  it.each(["3.5.33", "3.6.14", "3.7.1", ...Object.values(newest), "3.5.99", "3.8.0", "none"])(
    "%s: nothing",
    (version) => expect(versionWarning(version)).toBeUndefined(),
  );
});

it("a newer patch release is no reason for a warning, and noted", () => {
  expect(versionNote("3.6.14")).toBe("is 3.6.14, and 3.6.16 is a newer patch release of it");
  expect(versionNote("3.6.8")).toBe(versionWarning("3.6.8"));
  expect(versionNote("3.6.16")).toBeUndefined();
  expect(versionNote("3.6.17")).toBeUndefined();
});

it("the health tells of each version that runs what is known of it, and has a status of its own for that", () => {
  const running = (...versions: (string | undefined)[]) => ({
    ...clusterHealth(),
    members: versions.map((version, index) => ({
      ...{ name: `${index}`, endpoint: "", healthy: true, leader: false, alarms: [] },
      ...(version !== undefined && { version }),
    })),
  });
  const old = running("3.6.8", "3.7.3", "3.6.8", undefined);
  expect(versionLines(old)).toEqual([
    expect.stringMatching(/^WARNING: etcd is 3\.6\.8, which has/),
  ]);
  const [certificates, disks] = [
    { certificates: [], warning: "" },
    { disks: [], warning: "" },
  ];
  expect(exitStatus(old, certificates, disks)).toBe(2);
  expect(versionLines(running("3.7.3"))).toEqual([]);
  expect(exitStatus(running("3.7.3"), certificates, disks)).toBe(0);
});
