import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import type { Conversation, SshConnection } from "../../../../components/etcd/remote/ssh";
import { Turn } from "../../../../components/etcd/remote/turn";

/** As little as a machine can tell. */
const document =
  '{"format":1,"cluster":{},"process":{},"certificates":{},"doors":{},"answers":{},"errors":{}}';

/** A machine of which is kept what was written to each of its scripts. */
function machineSaying(line: string | undefined, code = 0, stderr = "") {
  const heard: string[][] = [];
  const connection = {
    converse(): Conversation {
      const words: string[] = [];
      heard.push(words);
      const keep = (text = "") =>
        void words.push(...text.split("\n").filter((line) => line !== ""));
      return {
        ask: (text) => Promise.resolve(keep(text)).then(() => line),
        end: (text) => {
          keep(text);
          return Promise.resolve({ code, stderr, stdout: "", output: "", signal: undefined });
        },
      };
    },
  } as unknown as SshConnection;
  const turn = new Turn(connection, {
    member: {
      ...{ name: "a", service: "etcd", dataDirectory: "/var/lib/etcd", binaries: "/opt/etcd/bin" },
      ...{ configDirectory: "/etc/etcd", clientUrl: "https://a:2379", peerUrl: "https://a:2380" },
    },
    target: { host: "a", user: "ubuntu" },
    identity: { id: pulumi.output("1"), name: "etcd", stack: "o/p/s" },
    ...{ clusterId: "1", endpoints: [] },
  });
  return { heard, turn };
}

const permit = String.raw`permit action=keep\n`;

it("what was decided goes to the script that has told what it was decided on", async () => {
  const { heard, turn } = machineSaying(document);
  expect(await turn.look()).toMatchObject({ name: "a" });
  await turn.leave("action=keep\n");
  expect(heard).toEqual([["look", permit, "end"]]);
});

it("the script has been started by the time that anybody looks", () => {
  expect(machineSaying(document).heard).toEqual([[]]);
});

it("a second look is one of its own, and the first one ends without a permit", async () => {
  const { heard, turn } = machineSaying(document);
  await turn.look();
  await turn.look();
  await turn.leave("action=keep\n");
  expect(heard).toEqual([
    ["look", "end"],
    ["look", permit, "end"],
  ]);
});

it("a permit that rests on another look is left without one", async () => {
  const { heard, turn } = machineSaying(document);
  await turn.leave("action=keep\n");
  expect(heard).toEqual([["leave", permit, "end"]]);
});

it("says what the machine says where it tells nothing, or takes no permit", async () => {
  await expect(machineSaying(undefined, 1, "no room\n").turn.look()).rejects.toThrow(/^no room$/);
  const { turn } = machineSaying(document, 1, "another cluster's\n");
  await turn.look();
  await expect(turn.leave("x")).rejects.toThrow(/^another cluster's$/);
});
