import { closest, distance } from "fastest-levenshtein";
import { SettingError } from "./reader";

/**
 * A setting that does not exist is a typo: say so, with the nearest name that exists. So is one under
 * the name that the project had before: left unread, the default would take its place. Other keys with a namespace
 * are a provider's.
 */
export function unknownSettings(given: string[], known: string[]): SettingError[] {
  return given
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const [, bare] = name.split(":");
      if (bare === undefined) {
        const hint = didYouMean(name, known) ?? `There are: ${known.join(", ")}`;
        return [{ setting: name, text: `is not a setting. ${hint}` }];
      }
      const text = `is under the name of another project, so this one does not read it. Write ${bare}`;
      return known.includes(bare) ? [{ setting: name, text }] : [];
    });
}

/** A question after the nearest of the known names, if one is near enough to have been meant. */
export function didYouMean(name: string, known: string[]): string | undefined {
  const nearest = closest(name, known);
  return distance(name, nearest) <= 4 ? `Did you mean ${nearest}?` : undefined;
}
