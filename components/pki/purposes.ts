/** What a certificate is for. */
export type Purpose = "peer" | "server" | "client";

/**
 * The key usages of a certificate, in the TLS provider's words.
 *
 * A peer dials and is dialled. A server's certificate is a client's as well because etcd's gRPC
 * gateway dials its own server with it when clients must have certificates
 * (etcd server/embed/etcd.go). A client's can be nothing else.
 */
export function usesOf(purpose: Purpose): string[] {
  return purpose === "client"
    ? ["digital_signature", "client_auth"]
    : ["digital_signature", "server_auth", "client_auth"];
}
