import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RoleWithPolicies } from "../../../lab/aws/resources/role";
import type { HttpServer } from "../../../lab/httpServer";
import { serveMetadata } from "../../../lab/metadata/service";

const credentials = "/latest/meta-data/iam/security-credentials/";

let server: HttpServer;
let role: RoleWithPolicies | undefined;
let asked: string[];

beforeEach(async () => {
  role = { name: "etcd", policies: {} };
  asked = [];
  server = await serveMetadata("127.0.0.1", 0, {
    async roleAt(address) {
      asked.push(address);
      return role;
    },
    assumeRole: async ({ name }) => ({
      accessKeyId: `key of ${name}`,
      secretAccessKey: "secret",
      sessionToken: "token",
      expiration: "2026-11-21T16:45:42.218787Z",
    }),
  });
});

afterEach(() => server.close());

const ask = (path: string, init?: RequestInit) => fetch(`${server.url}${path}`, init);

const askToken = (seconds?: string) =>
  ask("/latest/api/token", {
    method: "PUT",
    headers: seconds === undefined ? {} : { "X-aws-ec2-metadata-token-ttl-seconds": seconds },
  });

const get = async (path: string) => {
  const token = await (await askToken("60")).text();
  return ask(path, { headers: { "X-aws-ec2-metadata-token": token } });
};

describe("the metadata service", () => {
  it("names the role of the instance that asks", async () => {
    const answer = await get(credentials);
    expect([answer.status, await answer.text()]).toEqual([200, "etcd"]);
    expect(asked).toEqual(["127.0.0.1"]);
  });

  it("gives its credentials in EC2's layout", async () => {
    const answer = await (await get(`${credentials}etcd`)).text();
    expect(answer.split("\n")).toContain('  "AccessKeyId" : "key of etcd",');
    expect(JSON.parse(answer)).toMatchObject({
      Code: "Success",
      SecretAccessKey: "secret",
      Token: "token",
      Expiration: "2026-11-21T16:45:42Z",
    });
  });

  it.each<[string, RequestInit]>([
    ["no token", {}],
    ["a token of its own making", { headers: { "X-aws-ec2-metadata-token": "token" } }],
  ])("refuses %s", async (_what, init) => {
    expect((await ask(credentials, init)).status).toBe(401);
    expect(asked).toEqual([]);
  });

  it("refuses a token that has expired", async () => {
    const headers = { "X-aws-ec2-metadata-token": await (await askToken("1")).text() };
    expect((await ask(credentials, { headers })).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await ask(credentials, { headers })).status).toBe(401);
  });

  it.each([[undefined], ["0"], ["21601"], ["soon"]])("gives no token for %s s", async (seconds) => {
    expect((await askToken(seconds)).status).toBe(400);
  });

  it("knows no other role, no other data, and no role of an instance without a profile", async () => {
    expect((await get(`${credentials}other`)).status).toBe(404);
    expect((await get("/latest/user-data")).status).toBe(404);
    role = undefined;
    expect((await get(credentials)).status).toBe(404);
    expect((await get(`${credentials}etcd`)).status).toBe(404);
  });
});
