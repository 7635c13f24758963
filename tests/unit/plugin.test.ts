import { readFileSync } from "node:fs";
import * as path from "node:path";
import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer";
import { describe, expect, it } from "vitest";
import { projectRoot } from "../../lab/paths";

interface Property {
  readonly description?: string;
  readonly plain?: boolean;
}

const folder = path.join(projectRoot, "plugin");
const manifest = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as object;

describe("what programs in other languages get", () => {
  // As Pulumi reads it out of the types; one that it cannot read takes the whole package from them.
  const analyzer = new Analyzer(folder, "etcd", manifest, new Set(["EtcdCluster"]));
  const { components, typeDefinitions } = analyzer.analyze();
  const cluster = components["EtcdCluster"]!;
  const properties = (name: string) =>
    (typeDefinitions[name] as { properties: Record<string, Property> }).properties;

  it("is the component with all of its inputs and outputs", () => {
    expect(Object.keys(cluster.inputs).sort()).toEqual([
      ...[
        "accessControl",
        "allowDowngradeTo",
        "clients",
        "clusterName",
        "controllers",
        "deleteData",
        "evenMembers",
        "machines",
      ],
      ...["options", "release", "restore", "snapshots", "ssh", "tls", "version"],
    ]);
    expect(Object.keys(cluster.outputs).sort()).toEqual([
      ...["caCertPem", "clientCertPem", "clientKeyPem", "clientSecurityGroupId", "clients"],
      ...[
        "clusterId",
        "clusterName",
        "connections",
        "endpoints",
        "health",
        "members",
        "ssh",
        "stack",
        "version",
      ],
    ]);
  });

  it.each([
    ["EtcdMachine", ["address", "host", "hostKey", "id"]],
    ["EtcdSsh", ["bastionPrivateKey", "password", "privateKey"]],
    ["EtcdSnapshots", ["secretAccessKey"]],
  ])("may know only later what a machine made in it is reached by: %s", (name, later) => {
    const inputs = Object.entries(properties(name)).filter(([, { plain }]) => plain !== true);
    expect(inputs.map(([field]) => field).sort()).toEqual(later);
  });

  it("is described field by field", () => {
    const all = Object.keys(typeDefinitions)
      .filter((name) => name.startsWith("Etcd"))
      .flatMap((name) =>
        Object.entries(properties(name)).map(([field, { description }]) => [
          `${name}.${field}`,
          description,
        ]),
      );
    expect(all.length).toBeGreaterThan(60);
    expect(all.filter(([, description]) => !description).map(([field]) => field)).toEqual([]);
  });
});
