import type * as http from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { type HttpServer, serveHttp } from "../../../lab/httpServer";
import { missingRelease } from "../../../components/etcd/releasePage";
import type { ReleaseSource } from "../../../components/etcd/stage";

let page: HttpServer | undefined;
afterEach(async () => {
  await page?.close();
  page = undefined;
});

/** What a release page is asked, and what it answers. */
async function ask(
  answer: (response: http.ServerResponse) => void,
  source: object = { kind: "release", checksums: undefined },
  patience = 5000,
) {
  const asked: string[] = [];
  page = await serveHttp("127.0.0.1", 0, (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(response);
    return Promise.resolve();
  });
  const asks = { url: page.url, ...source } as ReleaseSource;
  return { asked, said: await missingRelease(asks, "3.7.99", patience) };
}
const status = (code: number) => (response: http.ServerResponse) =>
  void response.writeHead(code, { Location: "https://192.0.2.1/" }).end("not empty");

describe("a release that nobody knows", () => {
  it.each([404, 410])("is missing where its page says so: %d", async (code) => {
    const { asked, said } = await ask(status(code));
    expect(asked).toEqual(["GET /v3.7.99/SHA256SUMS"]);
    expect(said).toBe(
      `version is 3.7.99, and there is none at releaseUrl: ${page!.url}/v3.7.99/SHA256SUMS answered ${code}. ` +
        "See which there are at https://github.com/etcd-io/etcd/releases; a mirror may not have it yet",
    );
  });

  it.each([200, 302, 401, 403, 429, 500, 503])(
    "is not missing by another answer: %d",
    async (code) => {
      expect((await ask(status(code))).said).toBeUndefined();
    },
  );

  it("is not missing where nobody answers in time, or at all", async () => {
    const began = performance.now();
    expect((await ask(() => undefined, undefined, 200)).said).toBeUndefined();
    expect(performance.now() - began).toBeLessThan(4000);
    const { url } = page!;
    await page!.close();
    page = undefined;
    expect(
      await missingRelease({ kind: "release", url, checksums: undefined }, "3.7.99"),
    ).toBeUndefined();
  });
});

describe("nobody is asked", () => {
  it.each([
    [
      "of a release whose checksum is known",
      { kind: "release", checksums: { amd64: "a".repeat(64), arm64: "b".repeat(64) } },
    ],
    ["where etcd is the distribution's", { kind: "package" }],
    ["where it is a file", { kind: "file", path: "/etcd.tar.gz" }],
  ] as const)("%s", async (_, source) => {
    const { asked, said } = await ask(status(404), source);
    expect({ asked, said }).toEqual({ asked: [], said: undefined });
  });
});
