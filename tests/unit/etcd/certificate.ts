import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { tempFolder } from "../../tempFolder";

/** A certificate that somebody of this name has issued to itself, for two days. */
export function certificateOf(issuer: string): string {
  const folder = tempFolder();
  const file = path.join(folder, "crt");
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-days", "2", "-subj", `/O=etcd/CN=${issuer}`, "-out", file],
      ...["-keyout", path.join(folder, "key")],
    ],
    { stdio: "ignore" },
  );
  return readFileSync(file, "utf8");
}
