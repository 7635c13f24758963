import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { lastLines, run } from "../run";
import { architecture } from "./tarball";

/** The longest is kube-apiserver: a quarter of an hour on two busy cores. */
const buildLimitSeconds = 1800;

/** What is built, and of what. */
export interface GoPrograms {
  /** Modules by their versions, "v1.2.3". */
  readonly modules: Readonly<Record<string, string>>;
  /** The packages of the programs. @default those of the modules' names */
  readonly packages?: readonly string[];
  /** Directives of a go.mod, each with its line's end. */
  readonly replace?: string;
  /** Texts that the linker puts into variables, as `-X` takes them. */
  readonly variables?: Readonly<Record<string, string>>;
  /** A file of `go build -overlay`, for a build that differs from the release. */
  readonly overlay?: string | undefined;
}

/**
 * Builds programs as their publishers do (static, stripped), but from Go's module proxy: `go install …@version` refuses
 * modules with replace directives, so that they are required by a module made for the purpose.
 *
 * @param output an empty folder for the programs
 * @throws Error with Go's last lines, or that there is no Go
 */
export async function buildWithGo(
  { modules, packages = Object.keys(modules), replace = "", variables = {}, overlay }: GoPrograms,
  output: string,
): Promise<void> {
  const source = await fs.mkdtemp(`${output}-source-`);
  const required = Object.entries(modules).map(([name, version]) => `require ${name} ${version}\n`);
  await fs.writeFile(
    path.join(source, "go.mod"),
    `module etcdlab\n\ngo 1.24\n\n${required.join("")}${replace}`,
  );
  const into = ["-o", `${output}${path.sep}`];
  const instead = overlay === undefined ? [] : ["-overlay", overlay];
  const texts = Object.entries(variables).map(([name, text]) => ` -X ${name}=${text}`);
  const link = `-ldflags=-s -w${texts.join("")}`;
  await go(["build", "-trimpath", link, ...instead, ...into, ...packages], source);
}

/** The three commands of a release of etcd, by their modules. */
const etcdCommands = {
  etcd: "go.etcd.io/etcd/server/v3",
  etcdctl: "go.etcd.io/etcd/etcdctl/v3",
  etcdutl: "go.etcd.io/etcd/etcdutl/v3",
};

/** A part of a release of etcd, or one that differs. */
export interface EtcdBuild {
  /** @default all three */
  readonly only?: keyof typeof etcdCommands;
  /** A file of `go build -overlay`. */
  readonly overlay?: string;
}

/** Builds a release's commands; see `buildWithGo`. */
export async function buildEtcd(
  version: string,
  output: string,
  { only, overlay }: EtcdBuild = {},
): Promise<void> {
  const names = only === undefined ? Object.values(etcdCommands) : [etcdCommands[only]];
  const modules = Object.fromEntries(names.map((name) => [name, `v${version}`]));
  await buildWithGo({ modules, overlay }, output);
  await fs.rename(path.join(output, "server"), path.join(output, "etcd"));
}

/** Where Go's own sources are. */
export async function goRoot(): Promise<string> {
  return (await go(["env", "GOROOT"], ".")).trim();
}

/** A module's go.mod as it is published. */
export async function goModOf(module: string, version: string): Promise<string> {
  // Outside of any module: what is asked for is told by its version alone.
  const answer = await go(["mod", "download", "-json", `${module}@${version}`], os.tmpdir());
  const { GoMod } = JSON.parse(answer) as { GoMod: string };
  return fs.readFile(GoMod, "utf8");
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
  throw new Error(`go ${args[0]} ${why}. Its last lines:\n${lastLines(result.all)}`);
}
