import { ensureDocker } from "../../lab/docker";
import { ensureImage } from "../../lab/image";
import { ensureReleases } from "../../lab/mirror/releases";
import { ensureMoto } from "../../lab/s3/install";
import type { TestProject } from "vitest/node";

/** The releases that live tests run, but for those that a test looks for itself. */
const versions = ["3.5.35", "3.6.16", "3.7.3"];

/**
 * Downloads and builds all that the live tests need, before the first of them: minutes on a new machine,
 * which are in no test's time limit.
 */
export async function setup(project: TestProject): Promise<void> {
  if (!project.getProvidedContext().canRunLab) {
    project.provide("canRunS3", false);
    return;
  }
  const start = performance.now();
  await ensureDocker(console.log);
  await ensureImage(console.log);
  await ensureReleases(versions, console.log);
  const whyNoS3 = await ensureMoto(console.log).then(
    () => "",
    (error: Error) => error.message,
  );
  if (whyNoS3 !== "") {
    console.log(`the tests with S3 are skipped: ${whyNoS3}`);
  }
  project.provide("canRunS3", whyNoS3 === "");
  console.log(`the lab was prepared in ${((performance.now() - start) / 1000).toFixed()} s`);
}
