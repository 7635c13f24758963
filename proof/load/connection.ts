import { noop } from "cockatiel";
import { Etcd3 } from "etcd3";
import { RareResets } from "./rareResets";
import type { Credentials, Member } from "./target";

/** A client of one member. */
export class Connection {
  private readonly client: Etcd3;
  private calls = 0;
  private retired = false;

  constructor(
    readonly member: Member,
    credentials?: Credentials,
  ) {
    this.client = new Etcd3({
      hosts: member.clientUrl.replace(/\/$/, ""),
      ...(member.clientUrl.startsWith("https:") ? { credentials: buffers(credentials) } : {}),
      // By default etcd3 tries three times itself. The retries here are the caller's.
      faultHandling: { host: () => new RareResets(1000), global: noop },
      grpcOptions: {
        // By default a member that was away is not dialled again for 1 s, and up to 2 minutes.
        "grpc.initial_reconnect_backoff_ms": 50,
        "grpc.max_reconnect_backoff_ms": 100,
        "grpc.enable_http_proxy": 0,
      },
    });
  }

  /**
   * One call to the member.
   * @throws what the client throws; its `message` has the reason
   */
  async call<T>(
    use: (client: Etcd3, options: { deadline: number }) => Promise<T>,
    timeoutMs: number,
  ): Promise<T> {
    this.calls += 1;
    try {
      return await use(this.client, { deadline: Date.now() + timeoutMs });
    } finally {
      this.calls -= 1;
      this.closeWhenDone();
    }
  }

  /** Closes it as soon as the calls that are under way have ended. */
  retire(): void {
    this.retired = true;
    this.closeWhenDone();
  }

  private closeWhenDone(): void {
    if (this.retired && this.calls === 0) {
      this.client.close();
    }
  }
}

function buffers(credentials?: Credentials) {
  if (credentials === undefined) {
    throw new Error("a member with an https:// URL needs credentials");
  }
  return {
    rootCertificate: Buffer.from(credentials.caCertPem),
    certChain: Buffer.from(credentials.clientCertPem),
    privateKey: Buffer.from(credentials.clientKeyPem),
  };
}
