import * as ipaddr from "ipaddr.js";

/** An IPv4 range: its first address, its number of fixed bits and its size in addresses. */
export interface Cidr {
  readonly text: string;
  readonly first: number;
  readonly prefix: number;
  readonly size: number;
}

/** The numeric value of a dotted IPv4 address, or undefined where `text` is not one. */
export function parseIpv4(text: string): number | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text)) {
    return undefined;
  }
  return ipaddr.IPv4.parse(text).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

/** The dotted form of a numeric IPv4 address. */
export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/** An IPv4 range whose host bits are all zero, or undefined where `text` is not one. */
export function parseCidr(text: string): Cidr | undefined {
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(text)) {
    return undefined;
  }
  const [address, prefix] = ipaddr.IPv4.parseCIDR(text);
  const first = parseIpv4(address.toString()) ?? 0;
  const size = 2 ** (32 - prefix);
  return first % size === 0 ? { text, first, prefix, size } : undefined;
}

/** Whether `text` is a range of either family, as a security group takes it. */
export function isAnyCidr(text: string): boolean {
  if (text.includes(":")) {
    return ipaddr.IPv6.isValidCIDR(text);
  }
  return parseCidr(text) !== undefined;
}

/** Wider than any network that somebody has: the largest blocks ever given to one owner are /8 and, of IPv6, /16. */
const widest = { ipv4: 8, ipv6: 16 };

/** Addresses that the internet does not reach (RFC 1918, 6598 and 4193). */
const unreachable = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];

/**
 * What of some ranges is a large part of the whole internet, in words: one of them, or all added up; undefined where
 * nothing is.
 */
export function rangesFromAnywhere(texts: readonly string[]): string | undefined {
  const wide = texts.find((text) => isFromAnywhere([text]));
  return (
    wide ??
    (isFromAnywhere(texts)
      ? `${texts.length} ranges that are wider than /${widest.ipv4} (IPv6 /${widest.ipv6}) together`
      : undefined)
  );
}

function isFromAnywhere(texts: readonly string[]): boolean {
  const parts = { ipv4: 0, ipv6: 0 };
  for (const [address, prefix] of texts.map((text) => ipaddr.parseCIDR(text))) {
    const isReachable = unreachable
      .map((text) => ipaddr.parseCIDR(text))
      .every(
        ([first, bits]) =>
          address.kind() !== first.kind() || prefix < bits || !address.match(first, bits),
      );
    if (isReachable) {
      parts[address.kind()] += 2 ** -prefix;
    }
  }
  return (["ipv4", "ipv6"] as const).some((kind) => parts[kind] >= 2 ** (1 - widest[kind]));
}

/** Whether the address is in the range. */
export function contains(range: Cidr, address: number): boolean {
  return address >= range.first && address < range.first + range.size;
}

/** Whether the whole of `inner` is in `outer`. */
export function covers(outer: Cidr, inner: Cidr): boolean {
  return contains(outer, inner.first) && inner.prefix >= outer.prefix;
}

/** Whether the two ranges share an address. */
export function overlaps(one: Cidr, other: Cidr): boolean {
  return covers(one, other) || covers(other, one);
}

/**
 * Whether AWS keeps the address for itself: the first four of a subnet and its last.
 * Source: Amazon VPC User Guide, "Subnet CIDR blocks".
 */
export function isReservedByAws(subnet: Cidr, address: number): boolean {
  const offset = address - subnet.first;
  return offset < 4 || offset === subnet.size - 1;
}

/** Whether an IPv4 address can be reached from everywhere, as far as its range says. */
export function isPublicAddress(text: string): boolean {
  return parseIpv4(text) !== undefined && ipaddr.IPv4.parse(text).range() === "unicast";
}
