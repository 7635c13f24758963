// Everything that can be checked on this machine, or a part of it, and how much that was. See `usage`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { aptInstall } from "../lab/apt";
import { commandExists, whyNoDocker } from "../lab/docker";
import { scriptNames, scriptText } from "../components/etcd/scripts";
import { projectRoot } from "../lab/paths";
import { run as runQuietly } from "../lab/run";
import { asksForHelp, refuseWords, runWords, UsageError } from "../operator/commandLine";

const usage = `npm test                          everything
npm test -- --no-live             what needs no machines
npm run test:unit                 types, lint, unit and mock tests
npm run test:unit -- FILE         a file of them alone, or one by its name: -t NAME, as vitest takes it
npm run check                     types, lint, format and shell scripts
npm run test:long                 the live tests that would take npm test too long, and nothing else`;

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

const total: Count = { passed: 0, failed: 0, skipped: 0 };
/** What was skipped, and why: said once more at the end. */
const skips: string[] = [];
/** What failed, by name: said once more at the end, where a long output is read first. */
const failures: string[] = [];

function add(count: Partial<Count>): void {
  total.passed += count.passed ?? 0;
  total.failed += count.failed ?? 0;
  total.skipped += count.skipped ?? 0;
}

/** A check that passes or fails as a whole. Several go on at once, so each is shown when it has ended. */
async function check(name: string, command: string, ...args: string[]): Promise<void> {
  const { failed, all } = await runQuietly(command, args, {
    limitSeconds: limitMinutes * 60,
    cwd: projectRoot,
  });
  console.log(`\n── ${name}\n${all}`.trimEnd());
  if (failed) {
    failures.push(name);
  }
  add(failed ? { failed: 1 } : { passed: 1 });
}

/** No check takes as long as this, in minutes, unless it hangs. */
const limitMinutes = 60;
/** The same of the long tests: they are what does not fit into the other. */
const longLimitMinutes = 240;

async function run(command: string, args: string[], limit = limitMinutes): Promise<number> {
  const child = spawn(command, args, {
    cwd: projectRoot,
    stdio: "inherit",
    timeout: limit * 60_000,
  });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code === null) {
    console.log(`${path.basename(command)} did not end by itself within ${limit} minutes`);
  }
  return code ?? 1;
}

/** The package's program of that name. */
const local = (name: string) => path.join(projectRoot, "node_modules", ".bin", name);

async function shellcheck(): Promise<void> {
  if (!(await commandExists("shellcheck")) && process.getuid?.() === 0) {
    await aptInstall(["shellcheck"], "the check of the shell scripts").catch((error: Error) =>
      console.log(error.message),
    );
  }
  if (!(await commandExists("shellcheck"))) {
    skips.push("shellcheck: it is not on this machine (Debian's package: shellcheck)");
    return add({ skipped: 1 });
  }
  const folders = ["examples", "lab", "proof"];
  const scripts = (await Promise.all(folders.map(shellFilesIn))).flat();
  // As they run: a script is made of parts that share their variables.
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "etcd-scripts-"));
  const whole = scriptNames.map((name) => path.join(folder, `${name}.sh`));
  await Promise.all(
    scriptNames.map((name, index) => fs.writeFile(whole[index]!, scriptText(name))),
  );
  await check("shellcheck", "shellcheck", "--shell=bash", ...scripts, ...whole);
  await fs.rm(folder, { recursive: true });
}

async function shellFilesIn(folder: string): Promise<string[]> {
  const files = await fs.readdir(path.join(projectRoot, folder), { recursive: true });
  return files.filter((file) => file.endsWith(".sh")).map((file) => path.join(folder, file));
}

/**
 * Runs vitest's projects and counts their tests from its own report.
 * @param args further arguments of vitest
 */
async function vitest(
  name: string,
  projects: string[],
  args: string[] = [],
  limit = limitMinutes,
): Promise<void> {
  console.log(`\n── ${name}`);
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "etcd-tests-"));
  const report = path.join(folder, "report.json");
  const words = [
    "run",
    ...projects.map((project) => `--project=${project}`),
    ...args,
    ...["--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
  ];
  const code = await run(local("vitest"), words, limit);
  const text = await fs.readFile(report, "utf8").catch(() => undefined);
  await fs.rm(folder, { recursive: true });
  const result = JSON.parse(text ?? "{}") as {
    numPassedTests?: number;
    numFailedTests?: number;
    numPendingTests?: number;
    testResults?: VitestFile[];
  };
  const failed = result.numFailedTests ?? 0;
  failures.push(...(result.testResults ?? []).flatMap(failuresOf));
  add({
    passed: result.numPassedTests ?? 0,
    // A file that cannot be loaded, or an error between tests, fails without a failed test.
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: result.numPendingTests ?? 0,
  });
}

/** A file's part of vitest's report. */
interface VitestFile {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly assertionResults: readonly {
    readonly fullName: string;
    readonly status: string;
    readonly failureMessages: readonly string[];
  }[];
}

/** Each failure on one line: the file, the test, and the first line of why. */
function failuresOf({ name, status, message, assertionResults }: VitestFile): string[] {
  const file = path.relative(projectRoot, name);
  const tests = assertionResults.filter((test) => test.status === "failed");
  if (status === "failed" && tests.length === 0) {
    return [`${file}: ${firstLine(message)}`];
  }
  return tests.map(
    ({ fullName, failureMessages }) => `${file}: ${fullName}: ${firstLine(failureMessages[0])}`,
  );
}

const firstLine = (text = "") => text.split("\n", 1)[0]!;

/** What needs a lab: skipped, with the reason, where there cannot be one. */
async function liveTests(name: string, project: string, limit?: number): Promise<void> {
  const reason = await whyNoDocker();
  if (reason !== undefined) {
    skips.push(`the live tests in the lab: ${reason}`);
  } else if (!(await commandExists("pulumi"))) {
    skips.push("the live tests under the real engine: there is no pulumi on PATH");
  }
  // Tests of one cluster build on each other: after the first failure the rest would only fail for it.
  const before = total.failed;
  await vitest(name, [project], ["--bail=1"], limit);
  if (total.failed > before) {
    skips.push("the live tests after the first one that failed: not run and not counted");
  }
}

/** Says what is left to `npm run test:long`, without a lab and without counting it. */
async function sayWhatIsLong(): Promise<void> {
  const files = await fs.readdir(path.join(projectRoot, "tests/live"), { recursive: true });
  const count = files.filter((file) => file.endsWith(".long.test.ts")).length;
  if (count > 0) {
    const what = count === 1 ? "1 long test file was" : `${count} long test files were`;
    skips.push(`${what} not run (npm run test:long); not counted`);
  }
}

/** What stands in the files, without running any of it. */
async function checks({ format }: { format: boolean }): Promise<void> {
  await Promise.all([
    check("types", local("tsc"), "-p", "tsconfig.check.json"),
    check("ESLint", local("eslint"), "."),
    ...(format ? [check("Prettier", local("prettier"), "--check", "--log-level=warn", ".")] : []),
    ...(format ? [shellcheck()] : []),
  ]);
}

const unitTests = (args: string[] = []) =>
  vitest("unit and mock tests: nothing real runs", ["unit", "mock"], args);

async function everything({ live }: { live: boolean }): Promise<void> {
  await checks({ format: true });
  await unitTests();
  if (live) {
    await liveTests("live tests: three machines of the lab, real etcd", "live");
  } else {
    skips.push("the live tests: asked for by --no-live; not counted");
  }
  await sayWhatIsLong();
}

runWords({ name: "test", usage }, async ([what = "--all", ...words]) => {
  if (asksForHelp(words)) {
    console.log(usage);
    return 0;
  }
  if (what !== "--unit") {
    refuseWords(words);
  }
  switch (what) {
    case "--all":
      await everything({ live: true });
      break;
    case "--no-live":
      await everything({ live: false });
      break;
    case "--check":
      await checks({ format: true });
      break;
    case "--unit":
      // Who asks for one test waits for that one.
      await Promise.all([words.length === 0 && checks({ format: false }), unitTests(words)]);
      break;
    case "--long":
      await liveTests("long live tests, in the lab", "long", longLimitMinutes);
      break;
    default:
      throw new UsageError(`"${what}" is not expected here`);
  }
  console.log("");
  for (const failure of failures) {
    console.log(`failed: ${failure}`);
  }
  for (const skip of skips) {
    console.log(`skipped: ${skip}`);
  }
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed === 0 ? 0 : 1;
});
