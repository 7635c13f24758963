import { closest, distance } from "fastest-levenshtein";
import { Mistake } from "./reader";

/** A setting that does not exist is a typing mistake: say so, with the nearest name that exists. */
export function unknownSettings(given: string[], known: string[]): Mistake[] {
  return given
    .filter((name) => !known.includes(name))
    .map((name) => {
      const nearest = closest(name, known);
      const hint =
        distance(name, nearest) <= 4
          ? `Did you mean ${nearest}?`
          : `There are: ${known.join(", ")}`;
      return { setting: name, text: `is not a setting. ${hint}` };
    });
}
