import { commandExists, ensureDocker, whyNoDocker } from "../../lab/docker";
import { ensureImage } from "../../lab/image";
import { newest } from "../../components/etcd/versions";
import { ensureReleases } from "../../lab/mirror/releases";
import { ensureMoto } from "../../lab/s3/install";
import type { TestProject } from "vitest/node";

/**
 * Downloads and builds all that the live tests need, before the first of them: minutes on a new machine,
 * which are in no test's time limit. Tells the tests what can run here.
 */
export async function setup(project: TestProject): Promise<void> {
  const canRunLab = (await whyNoDocker()) === undefined;
  project.provide("canRunLab", canRunLab);
  const canRunPulumi = canRunLab && (await commandExists("pulumi"));
  project.provide("canRunPulumi", canRunPulumi);
  project.provide("languages", canRunPulumi ? await languages() : []);
  project.provide("canRunS3", canRunLab && (await prepareLab()));
}

/** In which languages other than the project's own programs can run here. */
async function languages(): Promise<string[]> {
  const needed = { yaml: [], python: ["python3"], go: ["go"] };
  const all = await Promise.all(
    Object.entries(needed).map(async ([language, commands]) => {
      const found = await Promise.all(
        [`pulumi-language-${language}`, ...commands].map(commandExists),
      );
      return found.every(Boolean) ? [language] : [];
    }),
  );
  return all.flat();
}

/** @returns whether there is also something that stands in for S3 */
async function prepareLab(): Promise<boolean> {
  const start = performance.now();
  await ensureDocker(console.log);
  await ensureImage(console.log);
  await ensureReleases(Object.values(newest), console.log);
  const whyNoS3 = await ensureMoto(console.log).then(
    () => undefined,
    (error: Error) => error.message,
  );
  if (whyNoS3 !== undefined) {
    console.log(`the tests with S3 are skipped: ${whyNoS3}`);
  }
  console.log(`the lab was prepared in ${((performance.now() - start) / 1000).toFixed()} s`);
  return whyNoS3 === undefined;
}
