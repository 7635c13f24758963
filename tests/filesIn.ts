/** The files that a script is given on its standard input, after its call. */
export function filesIn(stdin: string): Record<string, string> {
  const [, rest = ""] = stdin.split('{ "$@"; exit; }\n');
  const lines = rest.split("\n").filter((line) => line !== "" && line !== "end");
  return Object.fromEntries(
    lines.map((line) => {
      const [, name = "", content = ""] = /^(\S+) (.*)$/.exec(line) ?? [];
      return [name, content.replace(/\\(.)/g, (_, one: string) => (one === "n" ? "\n" : one))];
    }),
  );
}
