import { AwsError } from "../aws/errors";
import { ACCOUNT } from "../aws/catalog";
import type { RoleWithPolicies } from "../aws/resources/role";
import type { S3Host } from "../aws/s3Host";
import type { Log } from "../docker";
import { ensureMoto } from "./install";
import { type Moto, startMoto } from "./moto";
import { type AwsRequest, type Credentials, signed } from "./sign";

/** Credentials of a role, for some time. */
export interface RoleCredentials extends Required<Credentials> {
  /** ISO 8601, in UTC. */
  expiration: string;
}

/** Signatures and requests of a service that has no regions are for this one. */
const globalRegion = "us-east-1";

const everything = policyFor("*", "*");
/** Anybody may take a role here: who may take it on AWS is decided where the roles are records. */
const openTrust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }],
});

/** A policy's document that allows actions, such as "s3:PutObject", on resources. */
export function policyFor(action: string | string[], resource: string | string[]): string {
  const statement = { Effect: "Allow", Action: action, Resource: resource };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

/**
 * An S3 that checks signatures and policies, with the IAM and STS that belong to it: moto's server.
 * Its objects are in its memory. It does not look at a policy's conditions, nor whether a body is the
 * one that its signed hash says.
 */
export class S3Server implements S3Host {
  private constructor(
    private readonly moto: Moto,
    private readonly administrator: Credentials,
  ) {}

  /**
   * Starts it, empty.
   * @param host address of this host to listen on
   */
  static async start(host: string, port: number, log: Log): Promise<S3Server> {
    // The administrator is made before there is anybody who could sign.
    const steps = 3;
    const moto = await startMoto(await ensureMoto(log), host, port, steps);
    const nobody = { accessKeyId: "nobody", secretAccessKey: "nobody" };
    try {
      const administrator = await new S3Server(moto, nobody).createUser("lab", everything);
      return new S3Server(moto, administrator);
    } catch (error) {
      await moto.close();
      throw error;
    }
  }

  /** Where S3 is, without a slash at its end; a bucket's name is the first part of the path. */
  get url(): string {
    return this.moto.url;
  }

  close(): Promise<void> {
    return this.moto.close();
  }

  async createBucket(bucket: string, region = globalRegion): Promise<void> {
    const body =
      region === globalRegion
        ? ""
        : "<CreateBucketConfiguration>" +
          `<LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
    await this.s3("PUT", bucket, "", body, region);
  }

  async emptyBucket(bucket: string): Promise<void> {
    for (let keys = await this.listObjects(bucket); keys.length > 0;) {
      await Promise.all(keys.map((key) => this.s3("DELETE", bucket, key)));
      keys = await this.listObjects(bucket);
    }
  }

  async deleteBucket(bucket: string): Promise<void> {
    await this.s3("DELETE", bucket);
  }

  /** The keys under a prefix, in their order; at most 1000 of them. */
  async listObjects(bucket: string, prefix = ""): Promise<string[]> {
    const query = new URLSearchParams({ "list-type": "2", prefix });
    const found = await (await this.s3("GET", `${bucket}?${query.toString()}`)).text();
    return [...found.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key = ""]) => key);
  }

  /** @throws AwsError NoSuchKey where there is none */
  async getObject(bucket: string, key: string): Promise<Buffer> {
    return Buffer.from(await (await this.s3("GET", bucket, key)).arrayBuffer());
  }

  /** Makes a user with one policy and gives an access key of it. */
  async createUser(name: string, policy: string): Promise<Credentials> {
    await this.iam("CreateUser", { UserName: name });
    const document = { PolicyName: "policy", PolicyDocument: policy };
    await this.iam("PutUserPolicy", { UserName: name, ...document });
    return credentialsIn(await this.iam("CreateAccessKey", { UserName: name }));
  }

  /** Credentials of a role that has these policies from now on, and no others. */
  async assumeRole({ name, policies }: RoleWithPolicies): Promise<RoleCredentials> {
    const role = { RoleName: name };
    await this.iam("CreateRole", { ...role, AssumeRolePolicyDocument: openTrust }).catch(
      unlessThere,
    );
    const before = await this.iam("ListRolePolicies", role);
    const gone = [...before.matchAll(/<member>(.*?)<\/member>/g)]
      .map(([, policy = ""]) => policy)
      .filter((policy) => !(policy in policies));
    for (const PolicyName of gone) {
      await this.iam("DeleteRolePolicy", { ...role, PolicyName });
    }
    for (const [PolicyName, PolicyDocument] of Object.entries(policies)) {
      await this.iam("PutRolePolicy", { ...role, PolicyName, PolicyDocument });
    }
    const RoleArn = `arn:aws:iam::${ACCOUNT}:role/${name}`;
    const answer = await this.query("sts", "AssumeRole", { RoleArn, RoleSessionName: "instance" });
    return {
      ...credentialsIn(answer),
      sessionToken: field(answer, "SessionToken"),
      expiration: field(answer, "Expiration"),
    };
  }

  private s3(method: string, bucket: string, key = "", body = "", region = globalRegion) {
    const path = key
      .split("/")
      .map((part) => encodeURIComponent(part))
      .join("/");
    const url = new URL(`${this.url}/${bucket}${path && `/${path}`}`);
    return this.send({ method, url, body, service: "s3", region });
  }

  private iam(action: string, parameters: Record<string, string>): Promise<string> {
    return this.query("iam", action, parameters);
  }

  private async query(
    service: string,
    action: string,
    parameters: Record<string, string>,
  ): Promise<string> {
    const body = new URLSearchParams({
      Action: action,
      Version: versions[service]!,
      ...parameters,
    });
    const response = await this.send({
      method: "POST",
      url: new URL(`${this.url}/`),
      body: body.toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
      service,
      region: globalRegion,
    });
    return response.text();
  }

  private async send(request: AwsRequest): Promise<Response> {
    const { method, url, body } = request;
    const headers = signed(request, this.administrator);
    const response = await fetch(url, { method, headers, body: body || null });
    if (!response.ok) {
      const text = await response.text();
      const what = `${request.service}: ${method} ${url.pathname}`;
      throw new AwsError(field(text, "Code") || `${response.status}`, field(text, "Message"), what);
    }
    return response;
  }
}

/** Of the two services' interfaces. */
const versions: Record<string, string> = { iam: "2010-05-08", sts: "2011-06-15" };

function unlessThere(error: unknown): string {
  if (error instanceof AwsError && error.code === "EntityAlreadyExists") {
    return "";
  }
  throw error;
}

function credentialsIn(answer: string): Credentials {
  return {
    accessKeyId: field(answer, "AccessKeyId"),
    secretAccessKey: field(answer, "SecretAccessKey"),
  };
}

/** The text of an XML answer's only element of this name, or "". */
function field(xml: string, name: string): string {
  return new RegExp(`<${name}>(.*?)</${name}>`, "s").exec(xml)?.[1] ?? "";
}
