import * as ipaddr from "ipaddr.js";

/** A certificate's subject alternative names. */
export interface SubjectNames {
  readonly dnsNames: string[];
  readonly ipAddresses: string[];
}

export const noNames: SubjectNames = { dnsNames: [], ipAddresses: [] };

/**
 * Every name and address that a member's certificate must hold: those of its machine, loopback,
 * and further ones. Each once, in a stable order, empty ones left out.
 */
export function subjectNames(...names: string[]): SubjectNames {
  const all = [...new Set([...names, "localhost", "127.0.0.1", "::1"])].filter((n) => n !== "");
  return {
    dnsNames: all.filter((name) => !ipaddr.isValid(name)),
    ipAddresses: all.filter((name) => ipaddr.isValid(name)),
  };
}
