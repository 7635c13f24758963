import { expect, it } from "vitest";
import { versionError } from "../../../components/etcd/versions";

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
