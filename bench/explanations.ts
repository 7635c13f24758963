import type { RowName } from "./rows";

/** Why a row is not reached, by a profile: shown only while it is not. */
export const explanations: Partial<Record<RowName, string>> = {};
