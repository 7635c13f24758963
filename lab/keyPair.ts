import { createTls } from "./inprocess/tls";

/** An ED25519 key pair: the private half as OpenSSH writes it, the public one as a line of authorized_keys. */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

export async function makeKeyPair(): Promise<KeyPair> {
  const { state } = await createTls("tls:index/privateKey:PrivateKey", { algorithm: "ED25519" });
  const { privateKeyOpenssh, publicKeyOpenssh } = state as Record<string, string>;
  return { privateKey: privateKeyOpenssh!, publicKey: publicKeyOpenssh!.trim() };
}
