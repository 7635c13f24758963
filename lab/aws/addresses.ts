import ipaddr from "ipaddr.js";

/** An IPv4 network as a range of numbers, both ends included. */
export interface Network {
  cidr: string;
  first: number;
  last: number;
  prefix: number;
}

/** Parses an IPv4 CIDR; undefined if it is none. Host bits are left as they are. */
export function parseCidr(cidr: string): Network | undefined {
  if (!/^\d+\.\d+\.\d+\.\d+\/\d+$/.test(cidr) || !ipaddr.IPv4.isValidCIDR(cidr)) {
    return undefined;
  }
  const [address, prefix] = ipaddr.IPv4.parseCIDR(cidr);
  const size = 2 ** (32 - prefix);
  const first = Math.floor(toNumber(address.toString()) / size) * size;
  return { cidr: `${toAddress(first)}/${prefix}`, first, last: first + size - 1, prefix };
}

/** True for an IPv6 network in CIDR notation. */
export function isIpv6Cidr(cidr: string): boolean {
  return ipaddr.IPv6.isValidCIDR(cidr);
}

/** True for a dotted IPv4 address without shorthand. */
export function isIpv4(address: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(address);
}

/** The address as a number. */
export function toNumber(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** The number as a dotted address. */
export function toAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

export function overlaps(a: Network, b: Network): boolean {
  return a.first <= b.last && b.first <= a.last;
}

export function contains(outer: Network, inner: Network): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

/** AWS keeps the first four addresses and the last one of each subnet to itself. */
export function isReserved(subnet: Network, address: string): boolean {
  const value = toNumber(address);
  return value < subnet.first + 4 || value === subnet.last;
}
