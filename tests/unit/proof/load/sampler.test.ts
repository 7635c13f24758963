import * as http from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { type Downtime, downtimes } from "../../../../proof/load/downtime";
import { mostAtOnce, overlaps } from "../../../../proof/load/overlaps";
import { Probe, type Sample } from "../../../../proof/load/probe";
import { samplerFigures } from "../../../../proof/load/samplerFigures";

const up = (startMs: number, endMs = startMs + 2): Sample => ({ startMs, endMs });
const down = (startMs: number, endMs = startMs + 2): Sample => ({ startMs, endMs, error: "gone" });

describe("a member is down", () => {
  it.each<[string, Sample[], number | undefined, Downtime[]]>([
    ["never, where it serves", [up(0), up(25)], 99, []],
    ["not yet, where it never served", [down(0), down(25)], 99, []],
    ["not before its first success", [down(0), up(25), up(50)], 99, []],
    [
      "from the last success's start to the first one's end",
      [up(0), up(25), down(50), down(75), down(100), up(125, 300)],
      999,
      [{ fromMs: 25, toMs: 300, certain: { fromMs: 52, toMs: 100 } }],
    ],
    [
      "for nothing certain by one sample",
      [up(0), down(25), up(50)],
      99,
      [{ fromMs: 0, toMs: 52, certain: null }],
    ],
    [
      "until the end, where it does not come back",
      [up(0), down(25), down(50)],
      99,
      [{ fromMs: 0, toMs: 99, certain: { fromMs: 27, toMs: 50 } }],
    ],
    ["not at the end, where that was meant", [up(0), down(25), down(50)], undefined, []],
    [
      "twice",
      [up(0), down(25), up(50), up(75), down(100), up(125)],
      999,
      [
        { fromMs: 0, toMs: 52, certain: null },
        { fromMs: 75, toMs: 127, certain: null },
      ],
    ],
  ])("%s", (_, samples, endMs, expected) => {
    expect(downtimes(samples, endMs)).toEqual(expected);
  });

  it("at least as long as it really was, and certainly no longer, however slow the samples", () => {
    const step = fc.record({
      pauseMs: fc.nat(60),
      takesMs: fc.nat(600),
      answersAt: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1 }), fc.nat(5000), fc.nat(3000), (steps, at, ms) => {
        const real = { fromMs: at + 1, toMs: at + 1 + ms };
        const samples: Sample[] = [up(-1, 0)];
        for (const { pauseMs, takesMs, answersAt } of steps) {
          const startMs = samples.at(-1)!.endMs + pauseMs;
          const moment = startMs + answersAt * takesMs;
          const isDown = moment >= real.fromMs && moment < real.toMs;
          samples.push((isDown ? down : up)(startMs, startMs + takesMs));
        }
        const endMs = Math.max(real.toMs, samples.at(-1)!.endMs);
        const found = downtimes(samples, endMs);
        expect(found).toHaveLength(samples.some(({ error }) => error) ? 1 : 0);
        for (const { fromMs, toMs, certain } of found) {
          expect(fromMs).toBeLessThanOrEqual(real.fromMs);
          expect(toMs).toBeGreaterThanOrEqual(real.toMs);
          expect(certain?.fromMs ?? real.fromMs).toBeGreaterThanOrEqual(real.fromMs);
          expect(certain?.toMs ?? real.toMs).toBeLessThanOrEqual(real.toMs);
        }
      }),
    );
  });
});

describe("members are down at once", () => {
  type Pairs = Record<string, [number, number][]>;
  const windows = (pairs: Pairs) =>
    new Map(
      Object.entries(pairs).map(([name, all]) => [
        name,
        all.map(([fromMs, toMs]) => ({ fromMs, toMs })),
      ]),
    );

  it.each<[string, Pairs, number, [string, number, number][]]>([
    ["none", {}, 0, []],
    ["none of two", { a: [], b: [] }, 0, []],
    ["one", { a: [[0, 10]], b: [] }, 1, []],
    ["one after the other", { a: [[0, 10]], b: [[11, 20]] }, 1, []],
    ["one right after the other", { a: [[0, 10]], b: [[10, 20]] }, 1, []],
    ["two", { a: [[0, 10]], b: [[8, 20]] }, 2, [["a b", 8, 10]]],
    ["one within the other", { a: [[0, 10]], b: [[3, 4]] }, 2, [["a b", 3, 4]]],
    ["the same time", { a: [[0, 10]], b: [[0, 10]] }, 2, [["a b", 0, 10]]],
    [
      "one member's own downtimes are one member",
      {
        a: [
          [0, 10],
          [5, 20],
        ],
        b: [[4, 6]],
      },
      2,
      [["a b", 4, 6]],
    ],
    [
      "three",
      { a: [[0, 10]], b: [[5, 15]], c: [[8, 9]] },
      3,
      [
        ["a b", 5, 8],
        ["a b c", 8, 9],
        ["a b", 9, 10],
      ],
    ],
  ])("%s", (_, pairs, most, expected) => {
    const found = overlaps(windows(pairs));
    expect(found.map(({ names, fromMs, toMs }) => [names.join(" "), fromMs, toMs])).toEqual(
      expected,
    );
    expect(mostAtOnce(windows(pairs))).toBe(most);
  });
});

describe("a sampler's figures", () => {
  const history = {
    window: { fromMs: 0, toMs: 200 },
    members: [
      {
        name: "a",
        samples: [up(0), down(25), down(50), down(75), up(100), up(180)],
        forgotten: false,
      },
      { name: "b", samples: [up(0), up(25), up(50), down(75), down(100)], forgotten: true },
      { name: "c", samples: [down(0), down(25), up(50)], forgotten: false },
      { name: "b", samples: [down(110), up(150)], forgotten: false },
    ],
  };

  it("are of all its time; a member that leaves or comes is not down", () => {
    expect(samplerFigures(history)).toEqual({
      samples: 16,
      mostDownAtOnce: 1,
      certainlyDownAtOnce: 1,
      overlaps: [],
      longestBlindMs: 80,
      members: [
        {
          ...{ name: "a", samples: 6, failedSamples: 3, served: true },
          ...{ downs: 1, downMs: 102, errors: ["gone"] },
        },
        {
          ...{ name: "b", samples: 7, failedSamples: 3, served: true },
          ...{ downs: 0, downMs: 0, errors: ["gone"] },
        },
        {
          ...{ name: "c", samples: 3, failedSamples: 2, served: true },
          ...{ downs: 0, downMs: 0, errors: ["gone"] },
        },
      ],
    });
  });

  it("say what may have been and what is certain", () => {
    const members = [
      { name: "a", samples: [up(0), down(25), down(50), up(75)], forgotten: false },
      { name: "b", samples: [up(10), up(60), down(85), down(110)], forgotten: false },
    ];
    expect(samplerFigures({ ...history, members })).toMatchObject({
      mostDownAtOnce: 2,
      certainlyDownAtOnce: 1,
      overlaps: [{ names: ["a", "b"], fromMs: 60, toMs: 77 }],
    });
  });

  it("are of a part of it", () => {
    expect(samplerFigures(history, { fromMs: 60, toMs: 90 })).toMatchObject({
      samples: 2,
      members: [{ name: "a", samples: 1, downs: 1, downMs: 30 }, { name: "b" }, { name: "c" }],
    });
  });
});

describe("a probe", () => {
  let server: http.Server | undefined;
  afterEach(() => server?.close().closeAllConnections());

  async function listen(handler: http.RequestListener): Promise<Probe> {
    server = http.createServer(handler);
    await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
    return new Probe(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  it("sees an answer, over one connection", async () => {
    const ports = new Set<number | undefined>();
    const probe = await listen((request, response) => {
      ports.add(request.socket.remotePort);
      response.end(request.url);
    });
    for (let one = 0; one < 3; one += 1) {
      expect(await probe.ask(1000)).not.toHaveProperty("error");
    }
    expect(ports.size).toBe(1);
    probe.close();
  });

  it.each<[string, http.RequestListener]>([
    ["HTTP 503", (_, response) => void response.writeHead(503).end()],
    ["timeout", () => undefined],
    ["socket hang up", (request) => void request.socket.destroy()],
  ])("sees %s", async (error, handler) => {
    const probe = await listen(handler);
    expect(await probe.ask(50)).toMatchObject({ error });
    probe.close();
  });

  it("sees that nobody listens", async () => {
    const probe = await listen(() => undefined);
    server!.close();
    expect((await probe.ask(1000)).error).toContain("ECONNREFUSED");
    probe.close();
  });

  it("does not take its own process's standstill for the member's", async () => {
    const probe = await listen((_, response) => void setTimeout(() => response.end(), 30));
    const sample = probe.ask(100);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
    expect(await sample).not.toHaveProperty("error");
    probe.close();
  });
});
