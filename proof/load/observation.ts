import { compareWrites } from "./compareWrites";
import { Connections } from "./connections";
import { askHashes } from "./hashes";
import { readBack } from "./readBack";
import { Sampler, type SamplerOptions } from "./sampler";
import { samplerFigures } from "./samplerFigures";
import type { Target } from "./target";
import { type Limits, type Verdict, verdict } from "./verdict";
import { Writer, type WriterOptions } from "./writer";
import { writerFigures } from "./writerFigures";

/** A cluster under the eyes of a writer and a sampler, from now until `finish`. */
export class Observation {
  readonly writer: Writer;
  readonly sampler: Sampler;

  /** Starts at once. */
  constructor(
    private target: Target,
    options: WriterOptions & SamplerOptions = {},
  ) {
    this.writer = new Writer(target, options);
    this.sampler = new Sampler(target, options);
  }

  /** The cluster has other members or needs other credentials from now on. */
  reconnect(target: Target): void {
    this.target = target;
    this.writer.reconnect(target);
    this.sampler.setMembers(target.members);
    if (target.credentials !== undefined) {
      this.sampler.setCredentials(target.credentials);
    }
  }

  /**
   * Stops both and looks at what the members of now have stored.
   * @throws Error where the cluster cannot be read for 15 s
   */
  async finish(limits?: Limits): Promise<Verdict> {
    const [writes, samples] = await Promise.all([this.writer.stop(), this.sampler.stop()]);
    const connections = new Connections(this.target);
    try {
      const stored = await readBack(connections, this.writer.prefix);
      const measured = {
        writer: writerFigures(writes),
        sampler: samplerFigures(samples),
        lost: compareWrites(writes.puts, stored.values),
        hashes: await askHashes(connections),
      };
      return verdict(measured, limits);
    } finally {
      connections.close();
    }
  }
}
