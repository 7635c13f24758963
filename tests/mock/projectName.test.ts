import { readFileSync } from "node:fs";
import * as path from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { record, type Registration } from "./program";

const project = "orders";
const stack = parse(readFileSync(path.join(__dirname, "../../Pulumi.dev.yaml"), "utf8")) as {
  config: Record<string, unknown>;
};

it("a project of another name has the settings that the dev stack's file says", async () => {
  const { all, get, outputs } = await record(stack.config, [], [], project);
  const controllers = all("aws:ec2/instance:Instance");
  expect(controllers.map(({ inputs }) => inputs["instanceType"])).toEqual(
    controllers.map(() => "t3.small"),
  );
  expect(controllers.map(({ inputs }) => inputs["privateIp"]).sort()).toEqual([
    "10.0.1.10",
    "10.0.1.11",
    "10.0.1.12",
  ]);
  expect(get("aws:ebs/volume:Volume", "controller-0-data").inputs).toMatchObject({ size: 8 });
  expect(outputs["stack"]).toEqual({ value: "organization/orders/test", secret: false });
});

it("its encrypted settings are known to be", async () => {
  const changes = { sshCidrs: "a secret that is no list" };
  await expect(record(changes, ["sshCidrs"], [], project)).rejects.toThrow(
    "sshCidrs is a secret, expected a list or an object",
  );
});

it("settings under the name that it had before are refused, not left unread", async () => {
  const registrations: Registration[] = [];
  const changes = { "etcd:quotaGiB": 2, "etcd:version": "3.6.16", "aws:region": "eu-west-1" };
  await expect(record(changes, [], registrations, project)).rejects.toThrow(
    "2 settings are not right; nothing was changed:\n" +
      "  etcd:quotaGiB is under the name of another project, so this one does not read it. Write quotaGiB\n" +
      "  etcd:version is under the name of another project, so this one does not read it. Write version\n",
  );
  expect(registrations.filter(({ type }) => type !== "pulumi:pulumi:Stack")).toEqual([]);
});
