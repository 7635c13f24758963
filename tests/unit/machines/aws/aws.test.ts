import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { makeKeyPair } from "../../../../lab/keyPair";
import { publicKeyOf } from "../../../../components/machines/aws/access";
import {
  architectureOf,
  instanceTypeError,
} from "../../../../components/machines/aws/instanceTypes";
import { controllerUserData } from "../../../../components/machines/aws/userData";

describe("an instance type's architecture", () => {
  it.each([
    ["t3.small", "amd64"],
    ["t4g.small", "arm64"],
    ["m7i-flex.large", "amd64"],
    ["m7g.large", "arm64"],
    ["c7gn.16xlarge", "arm64"],
    ["x2gd.medium", "arm64"],
    ["im4gn.large", "arm64"],
    ["is4gen.medium", "arm64"],
    ["g5g.xlarge", "arm64"],
    ["g4dn.xlarge", "amd64"],
    ["hpc7g.4xlarge", "arm64"],
    ["a1.medium", "arm64"],
    ["r8gd.metal-24xl", "arm64"],
    ["u-6tb1.metal", "amd64"],
  ])("%s is %s", (type, architecture) => {
    expect(architectureOf(type)).toBe(architecture);
    expect(instanceTypeError(type)).toBeUndefined();
  });
});

describe("user data", () => {
  const { privateKey: hostPrivateKeyOpenssh, publicKey: hostPublicKeyOpenssh } = makeKeyPair();
  const text = controllerUserData({
    name: "controller-1",
    hostPrivateKeyOpenssh,
    hostPublicKeyOpenssh,
  });

  it("is a cloud-config with the host key as it was made", () => {
    expect(text.startsWith("#cloud-config\n")).toBe(true);
    expect(parse(text)).toEqual({
      hostname: "controller-1",
      // An image's own keys would be host keys beside the one that the stack knows.
      ssh_deletekeys: true,
      ssh_keys: {
        ed25519_private: hostPrivateKeyOpenssh,
        ed25519_public: hostPublicKeyOpenssh,
      },
    });
  });

  it("tells the name in the way that guides read it", () => {
    const read = `tr "|" "\\n" | grep "^name" | cut -d"=" -f2`;
    const name = execFileSync("bash", ["-c", read], { input: text, encoding: "utf8" });
    expect(name).toBe("controller-1\n");
  });
});

it("a given key's public half is made from it", () => {
  const { privateKey, publicKey } = makeKeyPair();
  expect(publicKeyOf(privateKey)).toBe(publicKey);
});
