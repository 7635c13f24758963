import { describe, expect, it } from "vitest";
import { runScript } from "./runScript";

const curl = (version: string) =>
  `curl() { echo "curl ${version} (x86_64-pc-linux-gnu) libcurl/${version}"; echo "Release-Date: …"; }`;

describe("a curl that is too old to sign for S3", () => {
  const preflight = (version: string, bucket: boolean) =>
    runScript("preflight", `${curl(version)}; bucket=${bucket}; check_bucket`);

  it("is found before the first change, where there is a bucket", () => {
    const { status, stdout } = preflight("7.76.1", true);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^curl here is 7\.76\.1, and signing for S3 needs 7\.86 or later\./);
  });

  it.each<[string, boolean]>([
    ["7.76.1", false],
    ["7.86.0", true],
    ["8.5.0", true],
    ["10.0.0", true],
  ])("is not found in %s with a bucket: %s", (version, bucket) =>
    expect(preflight(version, bucket)).toMatchObject({ status: 0, stdout: "" }),
  );

  it("sends nothing", () => {
    const lines = `${curl("7.76.1")}; s3_keys() { exit 9; }; s3_get bucket key /dev/null`;
    const { status, stderr } = runScript("snapshot", lines);
    expect(status).toBe(1);
    expect(stderr).toContain("curl here is 7.76.1, and signing for S3 needs 7.86 or later");
  });
});
