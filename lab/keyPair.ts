import { generateKeyPairSync, randomBytes } from "node:crypto";

/** An ED25519 key pair: the private half as OpenSSH writes it, the public one as a line of authorized_keys. */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

/**
 * A new key pair, its private half in OpenSSH's form (PROTOCOL.key). The SSH library's own generator cuts
 * leading zeros off the public key, which breaks one key in 256.
 */
export function makeKeyPair(): KeyPair {
  const { d = "", x = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const [seed, point] = [Buffer.from(d, "base64url"), Buffer.from(x, "base64url")];
  const blob = Buffer.concat([sized("ssh-ed25519"), sized(point)]);
  const check = randomBytes(4);
  const unpadded = Buffer.concat([
    check,
    check,
    blob,
    sized(Buffer.concat([seed, point])),
    sized(""),
  ]);
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, (8 - (unpadded.length % 8)) % 8));
  const one = Buffer.from([0, 0, 0, 1]);
  const content = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    ...[sized("none"), sized("none"), sized(""), one],
    ...[sized(blob), sized(Buffer.concat([unpadded, padding]))],
  ]);
  const lines = content.toString("base64").match(/.{1,70}/g) ?? [];
  return {
    privateKey: [
      "-----BEGIN OPENSSH PRIVATE KEY-----",
      ...lines,
      "-----END OPENSSH PRIVATE KEY-----",
      "",
    ].join("\n"),
    publicKey: `ssh-ed25519 ${blob.toString("base64")}`,
  };
}

/** A text, or bytes, as SSH sends them: after their length. */
export function sized(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
