import { execFile } from "node:child_process";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { scriptText } from "../../../components/etcd/scripts";
import { tempFolder } from "../../tempFolder";
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

describe("a release page", () => {
  it("that sends elsewhere by plain HTTP is not followed", async () => {
    const asked: string[] = [];
    const server = http.createServer((request, response) => {
      asked.push(request.url!);
      const location = `http://${request.headers.host}/elsewhere`;
      response.writeHead(request.url === "/page" ? 302 : 200, { location }).end("not the release");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const file = path.join(tempFolder(), "release");
    const fetch = (page: string) =>
      promisify(execFile)("bash", ["-c", `${scriptText("stage")}\nfetch ${url}/${page} ${file}`]);
    await expect(fetch("page")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/could not fetch http:.*\/page/) as string,
    });
    expect(asked).not.toContain("/elsewhere");
    await fetch("plain");
    server.close();
  });
});
