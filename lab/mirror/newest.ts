/** The newest release of each minor version that is still maintained: what is run and upgraded in the lab. */
export const newest = { "3.5": "3.5.35", "3.6": "3.6.16", "3.7": "3.7.3" } as const;
