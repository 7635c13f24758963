import type { Figure } from "../figure";

export const throughput: Figure = { name: "throughput", measure: async () => [] };
