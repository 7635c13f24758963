import * as path from "node:path";
import { buildWithGo, goModOf } from "./goBuild";
import type { Release } from "./releases";
import { lastLines, run } from "../run";
import { architecture, pack } from "./tarball";

/** The API server of Kubernetes, as dl.k8s.io has it. */
export function kubeApiserver(version: string): Release {
  const folder = path.join(`v${version}`, "bin", "linux", architecture);
  const program = "kube-apiserver";
  const build = async (output: string) => {
    const module = "k8s.io/kubernetes";
    // What Kubernetes develops in its own folders is published as v0.MINOR.PATCH.
    const goMod = await goModOf(module, `v${version}`);
    const replace = [...goMod.matchAll(/^\s*(\S+) => \.\/staging\//gm)]
      .map(([, name]) => `replace ${name} => ${name} v0.${version.replace(/^1\./, "")}\n`)
      .join("");
    await buildWithGo(
      {
        modules: { [module]: `v${version}` },
        packages: [`${module}/cmd/${program}`],
        replace,
        // As its own build says it (hack/lib/version.sh).
        variables: { "k8s.io/component-base/version.gitVersion": `v${version}` },
      },
      output,
    );
    return path.join(output, program);
  };
  return {
    title: `${program} ${version}`,
    folder: path.join("kubernetes", folder),
    published: {
      address: `https://dl.k8s.io/${folder}`,
      file: program,
      sums: `${program}.sha256`,
    },
    otherwise: {
      text: `Building ${program} ${version} with Go (a quarter of an hour)`,
      make: build,
    },
  };
}

/** CoreDNS, as its release pages at GitHub have it. */
export function coredns(version: string): Release {
  const file = `coredns_${version}_linux_${architecture}.tgz`;
  const build = async (output: string) => {
    await buildWithGo({ modules: { "github.com/coredns/coredns": `v${version}` } }, output);
    await pack(path.join(output, "coredns"), path.join(output, file));
    return path.join(output, file);
  };
  return {
    title: `CoreDNS ${version}`,
    folder: path.join("coredns", `v${version}`),
    published: {
      address: `https://github.com/coredns/coredns/releases/download/v${version}`,
      file,
      sums: `${file}.sha256`,
    },
    otherwise: { text: `Building CoreDNS ${version} with Go`, make: build },
  };
}

/** Patroni and what it needs, for machines that do not reach PyPI: a folder of wheels, packed. */
export function patroni(version: string): Release {
  const file = "wheels.tar.gz";
  const gather = async (output: string) => {
    const wheels = path.join(output, "wheels");
    const words = ["-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"];
    const result = await run(
      "python3",
      [...words, "--wheel-dir", wheels, `patroni[etcd3]==${version}`],
      {
        limitSeconds: 300,
      },
    );
    if (result.failed) {
      throw new Error(`python3 -m pip wheel failed. Its last lines:\n${lastLines(result.all, 5)}`);
    }
    await pack(wheels, path.join(output, file));
    return path.join(output, file);
  };
  return {
    title: `Patroni ${version}`,
    folder: path.join("patroni", version),
    published: { file, sums: `${file}.sha256` },
    otherwise: { text: `Gathering Patroni ${version} from PyPI`, make: gather },
  };
}
