import { NotSeen } from "./judgement";
import type { CisLook } from "./look";

/**
 * A flag as etcd has it; undefined where it is not set.
 * @throws NotSeen where that cannot be known
 */
export function flag(look: CisLook, name: string): string | undefined {
  if (look.pid === 0) {
    throw new NotSeen("etcd does not run there");
  }
  if (look.words.length === 0) {
    throw new NotSeen("the command line that etcd was started by cannot be read");
  }
  const file = valueOf(look, "config-file");
  if (file !== undefined) {
    throw new NotSeen(
      `etcd was started with --config-file=${file}, beside which no other flag counts, and that file was not looked at`,
    );
  }
  return valueOf(look, name);
}

/** On the command line a flag's last value counts; its variable where there is none, unless that is empty (pkg/flags). */
function valueOf({ words, environment }: CisLook, name: string): string | undefined {
  const given = commandLine(words).get(name);
  if (given !== undefined) {
    return given;
  }
  if (environment === undefined) {
    throw new NotSeen(
      `--${name} is not in etcd's command line, and its environment, where it may be, cannot be read`,
    );
  }
  return environment.get(`ETCD_${name.toUpperCase().replaceAll("-", "_")}`) || undefined;
}

const booleans = ["client-cert-auth", "peer-client-cert-auth", "auto-tls", "peer-auto-tls"];

/** As Go's flag package takes it: one dash or two, and a value behind "=" or, but for a boolean, in the next word. */
function commandLine([, ...words]: readonly string[]): Map<string, string> {
  return new Map(
    words.flatMap((word, index): [string, string][] => {
      const [, name, value] = /^--?([^=]+)(?:=(.*))?$/.exec(word) ?? [];
      if (name === undefined) {
        return [];
      }
      return [[name, value ?? (booleans.includes(name) ? "true" : (words[index + 1] ?? ""))]];
    }),
  );
}

/** What Go's strconv.ParseBool takes for true. */
export const isTrue = (value: string | undefined) =>
  ["1", "t", "T", "true", "TRUE", "True"].includes(value ?? "");
