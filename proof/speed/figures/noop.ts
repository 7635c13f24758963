import { Lab } from "../../../lab/lab";
import { PulumiEngine, up } from "../../../lab/pulumiEngine";
import { EmptyProgram } from "../emptyProgram";
import { type Bench, type Figure, type Measurement, repeat } from "../figure";
import { pulumi } from "../pulumi";

/** `up` and `preview` of the lab's stack, when nothing has changed. */
export const noop: Figure = {
  name: "noop",
  async measure(bench: Bench): Promise<Measurement[]> {
    const lab = new Lab(bench.log);
    const engine = new PulumiEngine(lab.aws);
    const empty = new EmptyProgram(engine, bench.log);
    const run = async (args: string[]) =>
      (await pulumi(engine, [...args, "--expect-no-changes"], bench.log)).seconds;
    try {
      await lab.up(engine, { deleteData: true });
      const series = await empty.use(async () => {
        await empty.up();
        return repeat(bench, "no-op", async () => ({
          up: await run(up),
          emptyUp: await empty.up(),
          preview: await run(["preview"]),
          emptyPreview: await empty.preview(),
        }));
      });
      return [
        { row: "noop-up", ours: series.up, reference: series.emptyUp },
        { row: "noop-preview", ours: series.preview, reference: series.emptyPreview },
      ];
    } finally {
      await lab.down();
    }
  },
};
