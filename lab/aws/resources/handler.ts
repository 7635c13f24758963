import type { MachineHost } from "../machineHost";
import type { S3Host } from "../s3Host";
import type { AwsRecord, Props, Records } from "../store";

export interface Context {
  records: Records;
  region: string;
}

/** What really does the work behind the records. */
export interface Hosts {
  machines: MachineHost;
  /** Undefined where buckets are records and nothing more. */
  s3: S3Host | undefined;
}

/** What one type of resource does. Everything that looks at other records runs alone. */
export interface Handler {
  /** Values of inputs that the program leaves out. */
  defaults?: Props;
  /** Refuses, or names the new object and what AWS would say of it. */
  plan(context: Context, inputs: Props, name: string): { id: string; state: Props };
  /** The real work behind a creation. */
  make?(hosts: Hosts, record: AwsRecord): Promise<void>;
  /** Refuses a change, or gives the state that differs by it from what the inputs say. */
  change?(context: Context, current: AwsRecord, wanted: Props): Props;
  /** The real work behind a change. */
  apply?(hosts: Hosts, current: AwsRecord, wanted: Props): Promise<void>;
  /** What AWS says of the object now, where the record alone does not tell. */
  observe?(hosts: Hosts, record: AwsRecord): Promise<Pick<AwsRecord, "state" | "inputs">>;
  /** Ids of what keeps the object from being deleted. */
  blockers?(record: AwsRecord, records: Records): string[];
  blockedCode?: string;
  /** Refuses a deletion that waiting cannot help. */
  mayDelete?(record: AwsRecord): void;
  /** The real work behind a deletion. */
  unmake?(hosts: Hosts, record: AwsRecord, records: Records): Promise<void>;
}
