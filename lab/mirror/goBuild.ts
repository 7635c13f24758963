import * as fs from "node:fs/promises";
import * as path from "node:path";
import { lastLines, run } from "../run";
import { architecture } from "./tarball";

const buildLimitSeconds = 1200;

/** The three commands of a release, by their packages in etcd's Go modules. */
const commands = {
  etcd: "go.etcd.io/etcd/server/v3",
  etcdctl: "go.etcd.io/etcd/etcdctl/v3",
  etcdutl: "go.etcd.io/etcd/etcdutl/v3",
};

/** What is built, where it is not the whole release. */
export interface BuildOptions {
  /** @default all three */
  readonly only?: keyof typeof commands;
  /** A file of `go build -overlay`, for a build that differs from the release. */
  readonly overlay?: string;
}

/**
 * Builds a release's commands as etcd's own build script does (static, stripped), but from Go's
 * module proxy: `go install …@version` refuses modules with replace directives, which etcd's have,
 * so that they are required by a module made for the purpose.
 *
 * @param output an empty folder for the commands
 * @throws Error with Go's last lines, or that there is no Go
 */
export async function buildWithGo(
  version: string,
  output: string,
  { only, overlay }: BuildOptions = {},
): Promise<void> {
  const source = await fs.mkdtemp(`${output}-source-`);
  const modules = only === undefined ? Object.values(commands) : [commands[only]];
  const required = modules.map((module) => `require ${module} v${version}\n`).join("");
  await fs.writeFile(path.join(source, "go.mod"), `module etcdlab\n\ngo 1.24\n\n${required}`);
  const into = ["-o", `${output}${path.sep}`];
  const instead = overlay === undefined ? [] : ["-overlay", overlay];
  await go(["build", "-trimpath", "-ldflags=-s -w", ...instead, ...into, ...modules], source);
  await fs.rename(path.join(output, "server"), path.join(output, "etcd"));
}

/** Where Go's own sources are. */
export async function goRoot(): Promise<string> {
  return (await go(["env", "GOROOT"], ".")).trim();
}

async function go(args: string[], cwd: string): Promise<string> {
  const result = await run("go", args, {
    cwd,
    limitSeconds: buildLimitSeconds,
    // go fills in go.mod and go.sum itself; what it downloads is checked by its checksum database.
    env: { GOOS: "linux", GOARCH: architecture, CGO_ENABLED: "0", GOFLAGS: "-mod=mod" },
  });
  if (!result.failed) return result.stdout;
  if (result.code === "ENOENT") {
    throw new Error(
      "there is no Go to build it with: install Go 1.24 or later (https://go.dev/dl)",
    );
  }
  const why = result.timedOut ? `took longer than ${buildLimitSeconds} s` : "failed";
  throw new Error(`go build ${why}. Its last lines:\n${lastLines(result.all)}`);
}
