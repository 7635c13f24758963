import { randomBytes } from "node:crypto";
import type * as http from "node:http";
import type { RoleWithPolicies } from "../aws/resources/role";
import { type HttpServer, serveHttp } from "../httpServer";
import type { RoleCredentials } from "../s3/s3Server";

/** What the service tells of instances. */
export interface InstanceRoles {
  /** The role of the instance with a private address; undefined where it has none. */
  roleAt(privateIp: string): Promise<RoleWithPolicies | undefined>;
  assumeRole(role: RoleWithPolicies): Promise<RoleCredentials>;
}

/** What is answered: a status, and a text unless it is an error. */
type Answer = [status: number, text?: string, headers?: Record<string, string>];

interface Token {
  /** Of the instance that it was given to. */
  address: string;
  expires: number;
}

const tokenPath = "/latest/api/token";
const credentialsPath = "/latest/meta-data/iam/security-credentials/";
const longestTtlSeconds = 21_600;

/**
 * Serves the part of EC2's instance metadata that holds the credentials of an instance's role, in
 * version 2 alone, which asks for a token: Amazon EC2 User Guide, "Use the Instance Metadata
 * Service". Who asks is told by the address that the request comes from.
 */
export function serveMetadata(
  host: string,
  port: number,
  instances: InstanceRoles,
): Promise<HttpServer> {
  const service = new MetadataService(instances);
  return serveHttp(host, port, async (request, response) => {
    const [status, text = "", headers] = await service
      .answer(request)
      .catch((error: Error): Answer => [500, error.message]);
    response.writeHead(status, { "Content-Type": "text/plain", ...headers }).end(text);
  });
}

class MetadataService {
  private readonly tokens = new Map<string, Token>();

  constructor(private readonly instances: InstanceRoles) {}

  async answer({ method, url = "/", headers, socket }: http.IncomingMessage): Promise<Answer> {
    const address = socket.remoteAddress ?? "";
    if (url === tokenPath) {
      return method === "PUT"
        ? this.newToken(address, headers["x-aws-ec2-metadata-token-ttl-seconds"])
        : [405];
    }
    if (method !== "GET") {
      return [405];
    }
    if (!this.isGood(headers["x-aws-ec2-metadata-token"], address)) {
      return [401];
    }
    return url.startsWith(credentialsPath)
      ? this.credentials(url.slice(credentialsPath.length), address)
      : [404];
  }

  private newToken(address: string, wanted: unknown): Answer {
    const seconds = /^\d+$/.test(String(wanted)) ? Number(wanted) : 0;
    if (seconds < 1 || seconds > longestTtlSeconds) {
      return [400];
    }
    const token = randomBytes(42).toString("base64url");
    this.tokens.set(token, { address, expires: Date.now() + seconds * 1000 });
    return [200, token, { "x-aws-ec2-metadata-token-ttl-seconds": `${seconds}` }];
  }

  private isGood(given: unknown, address: string): boolean {
    const token = this.tokens.get(String(given));
    return token?.address === address && token.expires > Date.now();
  }

  /** @param name "" asks for the role's name */
  private async credentials(name: string, address: string): Promise<Answer> {
    const role = await this.instances.roleAt(address);
    if (!role || (name !== "" && name !== role.name)) {
      return [404];
    }
    return name === ""
      ? [200, role.name]
      : [200, documentOf(await this.instances.assumeRole(role)), { "Content-Type": "text/json" }];
  }
}

/** In EC2's own layout, which scripts without a JSON parser come to rely on. */
function documentOf(credentials: RoleCredentials): string {
  const fields = {
    Code: "Success",
    LastUpdated: seconds(new Date()),
    Type: "AWS-HMAC",
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    Token: credentials.sessionToken,
    Expiration: seconds(new Date(credentials.expiration)),
  };
  const lines = Object.entries(fields).map(([key, value]) => `  "${key}" : "${value}"`);
  return `{\n${lines.join(",\n")}\n}`;
}

function seconds(time: Date): string {
  return time.toISOString().replace(/\.\d+/, "");
}
