import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import * as path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { SshTarget } from "../../../components/etcd/remote/ssh";
import { writeSshFiles } from "../../../operator/sshFiles";
import { tempFolder } from "../../tempFolder";

let folder: string;

beforeEach(() => (folder = tempFolder()));

const target = {
  host: "203.0.113.10",
  port: 2222,
  user: "ubuntu",
  privateKey: "-----BEGIN KEY-----\n-----END KEY-----",
  hostKey: "ssh-ed25519 AAAA",
};

/** What the system's ssh makes of the configuration. */
async function understood(one: SshTarget, host = "controller-0") {
  const file = await writeSshFiles(folder, [{ name: "controller-0", target: one }]);
  const text = execFileSync("ssh", ["-G", "-T", "-F", file, host], { encoding: "utf8" });
  return Object.fromEntries(
    text.split("\n").map((line) => {
      const [word = "", ...rest] = line.split(" ");
      return [word, rest.join(" ")];
    }),
  );
}

describe("the files of ssh", () => {
  it("are for their owner alone", async () => {
    await writeSshFiles(folder, [{ name: "controller-0", target }]);
    const files = readdirSync(folder);
    expect(files.sort()).toEqual(["config", "controller-0.key", "controller-0.known"]);
    for (const file of files) {
      expect(statSync(path.join(folder, file)).mode & 0o777).toBe(0o600);
    }
    expect(readFileSync(path.join(folder, "controller-0.key"), "utf8")).toBe(
      `${target.privateKey}\n`,
    );
  });

  it("lead to the machine that has the host key, and to no other", async () => {
    expect(await understood(target)).toMatchObject({
      hostname: "203.0.113.10",
      port: "2222",
      user: "ubuntu",
      identitiesonly: "yes",
      identityfile: path.join(folder, "controller-0.key"),
      hostkeyalias: "controller-0",
      stricthostkeychecking: "true",
      userknownhostsfile: path.join(folder, "controller-0.known"),
    });
    expect(readFileSync(path.join(folder, "controller-0.known"), "utf8")).toBe(
      "controller-0 ssh-ed25519 AAAA\n",
    );
  });

  it("take either host key of a machine that is being replaced", async () => {
    await understood({ ...target, hostKey: "ssh-ed25519 AAAA\nssh-ed25519 BBBB" });
    expect(readFileSync(path.join(folder, "controller-0.known"), "utf8")).toBe(
      "controller-0 ssh-ed25519 AAAA\ncontroller-0 ssh-ed25519 BBBB\n",
    );
  });

  it("go by way of the bastion, with its own key and host key", async () => {
    const proxy = { host: "198.51.100.1", user: "jump", privateKey: "k", hostKey: "ssh-rsa B" };
    expect(await understood({ ...target, proxy })).toMatchObject({
      proxyjump: "controller-0-bastion",
    });
    expect(await understood({ ...target, proxy }, "controller-0-bastion")).toMatchObject({
      hostname: "198.51.100.1",
      port: "22",
      user: "jump",
      identityfile: path.join(folder, "controller-0-bastion.key"),
      hostkeyalias: "controller-0-bastion",
      stricthostkeychecking: "true",
    });
  });

  it("leave a host key that nobody knows to a person", async () => {
    const found = await understood({ ...target, hostKey: undefined });
    expect(found["stricthostkeychecking"]).toBe("ask");
    expect(found["hostkeyalias"]).toBeUndefined();
  });

  it("are not for passwords", async () => {
    const write = (more: object) => {
      const without = { ...target, privateKey: undefined, ...more };
      return writeSshFiles(folder, [{ name: "controller-0", target: without }]);
    };
    const byHand = "ssh -p 2222 ubuntu@203.0.113.10";
    await expect(write({ password: "hunter2" })).rejects.toThrow(
      `controller-0 is reached with a password and not with a key, and ssh takes a password from a person alone: ${byHand}, with what pulumi config get sshPassword prints`,
    );
    await expect(write({})).rejects.toThrow(`there is no private key for controller-0`);
    expect(readdirSync(folder)).toEqual([]);
  });
});
