import * as pulumi from "@pulumi/pulumi";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  argsOf,
  clusterSettings,
  type EtcdClusterArgs,
  readArgs,
} from "../../components/etcdClusterArgs";
import { readSettings } from "../../components/settings/settings";
import { rawSettings } from "../settings";

const address = (index: number) => `10.64.3.${7 + index}`;
const machines = [0, 1, 2].map((index) => ({
  name: `node-${index}`,
  address: address(index),
  hostKey: "ssh-ed25519 AAAA",
}));
const ssh = { user: "ubuntu", privateKey: pulumi.secret("the key") };

/** Why args are refused; "" where they are not. */
function refusal(changes: Partial<EtcdClusterArgs>): string {
  try {
    readArgs("orders", { machines, ssh, ...changes });
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

describe("the args of an EtcdCluster", () => {
  const inPulumiYaml = readSettings({ values: rawSettings(), secrets: [] });

  it("have the defaults of Pulumi.yaml, and the component's name", () => {
    const settings = clusterSettings("orders", { machines });
    expect(settings).toEqual({ ...pick(inPulumiYaml, settings), clusterName: "orders" });
  });

  it("are the settings in other places: none is lost on the way", () => {
    const some = readSettings({
      values: rawSettings({
        clusterName: "billing",
        version: "3.6.16",
        quotaGiB: 4,
        extraFlags: { "log-level": "debug" },
        certificateAuthorities: [1, 2],
        snapshotBucket: "backups",
        snapshotAccessKeyId: "ID",
        snapshotSecretAccessKey: "s3cret",
        deleteData: true,
        tls: "off",
        publicAddresses: false,
        bastion: { host: "198.51.100.1", user: "jump", hostKey: "ssh-ed25519 AAAA" },
      }),
      secrets: ["snapshotSecretAccessKey"],
    });
    const there = clusterSettings("orders", { ...argsOf(some), machines });
    expect(there).toEqual(pick(some, there));
  });

  it("take addresses and keys that are not known yet", () => {
    const later = machines.map((machine) => ({
      ...machine,
      address: pulumi.output(machine.address),
      hostKey: pulumi.output(machine.hostKey),
    }));
    expect(refusal({ machines: later })).toBe("");
    expect(refusal({ snapshots: { accessKeyId: "ID", secretAccessKey: pulumi.secret("x") } })).toBe(
      "",
    );
  });

  it("are refused with all that is wrong, by its place", () => {
    const [one] = machines;
    const text = refusal({
      version: "3.99.0",
      machines: [one!, { ...one!, address: "elsewhere", hostKey: "" }],
      ssh: { user: "" },
      options: { quotaGiB: 9, extraFlags: { nonsense: "1" } },
      tls: { caLifetimeDays: 10, certificateAuthorities: [] },
      snapshots: { directory: "relative" },
      release: { url: "ftp://mirror" },
    });
    expect(text).toMatch(/^EtcdCluster orders: \d+ inputs are not right; nothing was changed:\n/);
    for (const line of [
      "version is ",
      "release.url is ",
      "options.quotaGiB is 9, expected a whole number from 1 to 8",
      "options.extraFlags.nonsense ",
      "tls.caLifetimeDays is 10",
      "tls.certificateAuthorities is []",
      "snapshots.directory is ",
      "machines names 2 members",
      "machines[0] has no user",
      "machines[1] is called node-0, as another one is",
      'machines[1] has the address "elsewhere"',
      "machines[1].hostKey is not set",
      "ssh has neither a privateKey nor a password",
    ]) {
      expect(text).toContain(`\n  ${line}`);
    }
  });

  it("never show a secret in what is refused", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[!-~]{8,40}$/), (secret) => {
        const text = refusal({
          version: "0.0.0",
          ssh: { user: "", privateKey: secret, password: secret },
          snapshots: { accessKeyId: "", secretAccessKey: secret },
        });
        expect(text).not.toBe("");
        expect(text.includes(secret)).toBe(false);
      }),
    );
  });
});

function pick<All extends object>(all: All, like: object): Partial<All> {
  return Object.fromEntries(
    Object.keys(like).map((key) => [key, all[key as keyof All]]),
  ) as Partial<All>;
}
