import { compareWrites, type LostWrites } from "../load/compareWrites";
import { Connections } from "../load/connections";
import { askHashes, type MemberHash } from "../load/hashes";
import { readBack } from "../load/readBack";
import { Registers, type RegistersHistory } from "../load/registers";
import type { Target } from "../load/target";
import { Writer } from "../load/writer";
import type { WriterHistory } from "../load/writerFigures";

/** What clients saw during a fault, and what is stored after it. */
export interface Seen {
  readonly writes: WriterHistory;
  readonly registers: RegistersHistory;
  readonly lost: LostWrites;
  readonly hashes: readonly MemberHash[];
}

/** The clients of a cluster that is about to have a fault, from now until `finish`. */
export class FaultLoad {
  private readonly writer: Writer;
  private readonly registers: Registers;

  /** Starts at once. */
  constructor(private target: Target) {
    this.writer = new Writer(target);
    this.registers = new Registers(target);
  }

  /** The first key that the writer puts. */
  get firstKey(): string {
    return this.writer.key(0);
  }

  /** The cluster has other members or needs other credentials from now on. */
  reconnect(target: Target): void {
    this.target = target;
    this.writer.reconnect(target);
    this.registers.reconnect(target);
  }

  /** Starts nothing more; what is under way ends within some seconds. */
  async stop(): Promise<Pick<Seen, "writes" | "registers">> {
    const [writes, registers] = await Promise.all([this.writer.stop(), this.registers.stop()]);
    return { writes, registers };
  }

  /**
   * Stops, and looks at what the members of now have stored.
   * @throws Error where the cluster cannot be read for 15 s
   */
  async finish(): Promise<Seen> {
    const { writes, registers } = await this.stop();
    const connections = new Connections(this.target);
    try {
      const { values } = await readBack(connections, this.writer.prefix);
      return {
        ...{ writes, registers },
        lost: compareWrites(writes.puts, values),
        hashes: await askHashes(connections),
      };
    } finally {
      connections.close();
    }
  }
}
