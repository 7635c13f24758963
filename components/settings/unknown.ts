import { closest, distance } from "fastest-levenshtein";
import { Mistake } from "./reader";

/** A setting that does not exist is a typing mistake: say so, with the nearest name that exists. */
export function unknownSettings(given: string[], known: string[]): Mistake[] {
  return given
    .filter((name) => !known.includes(name))
    .map((name) => {
      const hint = didYouMean(name, known) ?? `There are: ${known.join(", ")}`;
      return { setting: name, text: `is not a setting. ${hint}` };
    });
}

/** A question after the nearest of the known names, if one is near enough to have been meant. */
export function didYouMean(name: string, known: string[]): string | undefined {
  const nearest = closest(name, known);
  return distance(name, nearest) <= 4 ? `Did you mean ${nearest}?` : undefined;
}
