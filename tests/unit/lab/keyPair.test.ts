import { createPrivateKey, createPublicKey } from "node:crypto";
import { utils } from "ssh2";
import { expect, it } from "vitest";
import { makeKeyPair } from "../../../lab/keyPair";

it("a key pair is whole, also where its public half begins with a zero", () => {
  // One in 256 does; so this looks until it has seen one.
  for (let tries = 0; tries < 5000; tries++) {
    const { privateKey, publicKey } = makeKeyPair();
    const parsed = utils.parseKey(privateKey);
    if (parsed instanceof Error) {
      throw parsed;
    }
    expect(`ssh-ed25519 ${parsed.getPublicSSH().toString("base64")}`).toBe(publicKey);
    const point = Buffer.from(publicKey.split(" ")[1]!, "base64").subarray(-32);
    if (point[0] === 0) {
      const { x } = createPublicKey(createPrivateKey(parsed.getPrivatePEM())).export({
        format: "jwk",
      });
      expect(x).toBe(point.toString("base64url"));
      return;
    }
  }
  throw new Error("no such key in 5000");
});
