import * as fs from "node:fs/promises";
import * as path from "node:path";
import { projectRoot } from "../../lab/paths";

const folder = path.join(projectRoot, "docs", "reports");
const summaries = path.join(projectRoot, "docs", "proof.md");

/** A command's report. */
export interface Published {
  /** The files' and the section's name, such as bench. */
  readonly name: string;
  /** What is in `docs/reports/NAME.EXTENSION`, by the extension. */
  readonly files: Readonly<Record<string, string>>;
  /** What `docs/proof.md` shows of it. */
  readonly section: string;
}

/** Writes a report's files, and its section of `docs/proof.md`. */
export async function publish({ name, files, section }: Published): Promise<void> {
  await fs.mkdir(folder, { recursive: true });
  for (const [extension, text] of Object.entries(files)) {
    await fs.writeFile(path.join(folder, `${name}.${extension}`), text);
  }
  await fs.writeFile(summaries, withSection(await fs.readFile(summaries, "utf8"), name, section));
}

/** A text with this section between its markers, `<!-- NAME -->` and `<!-- /NAME -->`. */
export function withSection(text: string, name: string, section: string): string {
  const between = new RegExp(`(?<=<!-- ${name} -->\\n).*(?=<!-- /${name} -->)`, "s");
  return text.replace(between, () => `\n${section}\n\n`);
}

/** What was published before as `docs/reports/NAME.json`; undefined where nothing was. */
export async function published<T>(name: string): Promise<T | undefined> {
  const text = await fs.readFile(path.join(folder, `${name}.json`), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}
