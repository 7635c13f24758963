import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  contains,
  covers,
  formatIpv4,
  isReservedByAws,
  overlaps,
  parseCidr,
  parseIpv4,
} from "../../components/cidr";

const address = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const cidr = fc.tuple(address, fc.integer({ min: 0, max: 32 })).map(([at, prefix]) => {
  const size = 2 ** (32 - prefix);
  return parseCidr(`${formatIpv4(Math.floor(at / size) * size)}/${prefix}`)!;
});

describe("addresses", () => {
  it("are the same after writing and reading", () => {
    fc.assert(fc.property(address, (value) => parseIpv4(formatIpv4(value)) === value));
  });

  it.each(["", "10.0.1", "10.0.1.256", "10.0.1.1.1", "::1", "0x0a.0.0.1", " 10.0.0.1"])(
    "%j is none",
    (text) => expect(parseIpv4(text)).toBeUndefined(),
  );
});

describe("ranges", () => {
  it("hold their first and their last address and not the ones beside them", () => {
    fc.assert(
      fc.property(cidr, (range) => {
        expect(contains(range, range.first)).toBe(true);
        expect(contains(range, range.first + range.size - 1)).toBe(true);
        expect(contains(range, range.first - 1)).toBe(false);
        expect(contains(range, range.first + range.size)).toBe(false);
      }),
    );
  });

  it("overlap exactly when they share an address", () => {
    fc.assert(
      fc.property(cidr, cidr, (one, other) => {
        const share = one.first < other.first + other.size && other.first < one.first + one.size;
        expect(overlaps(one, other)).toBe(share);
      }),
    );
  });

  it("cover themselves, and what covers each other is the same", () => {
    fc.assert(
      fc.property(cidr, cidr, (one, other) => {
        expect(covers(one, one)).toBe(true);
        expect(covers(one, other) && covers(other, one)).toBe(one.text === other.text);
      }),
    );
  });
});

it("AWS keeps five addresses of a subnet", () => {
  const subnet = parseCidr("10.0.1.0/28")!;
  const kept = Array.from({ length: 16 }, (_, offset) => offset).filter((offset) =>
    isReservedByAws(subnet, subnet.first + offset),
  );
  expect(kept).toEqual([0, 1, 2, 3, 15]);
});
