import { createHash, createHmac } from "node:crypto";

/** What a request is signed with. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of credentials that are lent for some time. */
  sessionToken?: string;
}

/** What is asked of one of AWS's services. */
export interface AwsRequest {
  method: string;
  url: URL;
  body?: string;
  headers?: Record<string, string>;
  service: string;
  region: string;
}

/**
 * The headers of a request with its signature, by AWS's Signature Version 4: AWS General Reference,
 * "Create a signed AWS API request".
 *
 * @param now when it is signed; AWS takes it for some minutes
 */
export function signed(
  { method, url, body = "", headers = {}, service, region }: AwsRequest,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  now = new Date(),
): Record<string, string> {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const toSign: Record<string, string> = {
    ...headers,
    host: url.host,
    "x-amz-content-sha256": sha256(body),
    "x-amz-date": time,
    ...(sessionToken !== undefined && { "x-amz-security-token": sessionToken }),
  };
  const names = Object.keys(toSign).sort();
  const canonical = [
    method,
    url.pathname,
    canonicalQuery(url),
    ...names.map((name) => `${name}:${toSign[name]!.trim()}`),
    "",
    names.join(";"),
    toSign["x-amz-content-sha256"],
  ].join("\n");
  const key = [...scope.split("/")].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const text = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const signature = hmac(key, text).toString("hex");
  return {
    ...toSign,
    authorization:
      `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, ` +
      `SignedHeaders=${names.join(";")}, Signature=${signature}`,
  };
}

function canonicalQuery(url: URL): string {
  return [...url.searchParams]
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join("&");
}

/** As AWS encodes: everything but letters, digits and four marks. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
