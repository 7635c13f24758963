import { describe, expect, it } from "vitest";
import { signed } from "../../../lab/s3/sign";

// Requests, keys and signatures of the examples in the Amazon S3 API Reference, "Authenticating
// Requests: Using the Authorization Header (AWS Signature Version 4)".
const credentials = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const now = new Date("2013-05-24T00:00:00.000Z");

const headersOf = (path: string, headers: Record<string, string> = {}) => {
  const url = new URL(path, "https://examplebucket.s3.amazonaws.com");
  const request = { method: "GET", url, headers, service: "s3", region: "us-east-1" };
  return (sessionToken?: string) =>
    signed(request, { ...credentials, ...(sessionToken && { sessionToken }) }, now);
};

describe("a signature", () => {
  it.each<[string, Record<string, string>, string]>([
    [
      "/test.txt",
      { range: "bytes=0-9" },
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ],
    ["/?lifecycle", {}, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"],
    [
      "/?max-keys=2&prefix=J",
      {},
      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ],
  ])("of %s %j is the one of the reference", (path, headers, signature) => {
    expect(headersOf(path, headers)().authorization).toContain(
      "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ",
    );
    expect(headersOf(path, headers)().authorization).toMatch(new RegExp(`Signature=${signature}$`));
  });

  it("covers the token of credentials that are lent", () => {
    const headers = headersOf("/test.txt")("token");
    expect(headers).toMatchObject({ "x-amz-security-token": "token" });
    expect(headers.authorization).toContain("x-amz-date;x-amz-security-token,");
  });
});
