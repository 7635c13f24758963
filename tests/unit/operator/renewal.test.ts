import { expect, it } from "vitest";
import { renewalIn } from "../../../operator/renewal";

const step = (op: string, type: string, name: string) => ({
  op,
  urn: `urn:pulumi:prod::etcd::etcd:index:EtcdCluster$${type}::etcd-${name}`,
  ...(op === "delete" || op === "delete-replaced"
    ? { oldState: { type } }
    : { newState: { type } }),
});

const certificate = "tls:index/locallySignedCert:LocallySignedCert";
const authority = "tls:index/selfSignedCert:SelfSignedCert";
const command = "command:remote:Command";

/** As an update has them that renews the certificates of one member, and its CA's own. */
const renewal = [
  step("same", "aws:ec2/instance:Instance", "controller-0"),
  step("replace", authority, "ca"),
  step("create-replacement", authority, "ca"),
  step("create-replacement", certificate, "controller-0-peer"),
  step("delete-replaced", certificate, "controller-0-peer"),
  step("update", command, "controller-0-stage"),
  step("update", command, "health"),
  step("update", "pulumi:index:Stash", "record"),
  step("update", "etcd:index:EtcdCluster", "etcd"),
  step("refresh", "aws:ec2/instance:Instance", "controller-0"),
  step("read", "aws:ec2/vpc:Vpc", "vpc"),
];
const preview = (...steps: object[]) => JSON.stringify({ steps });

it.each([
  ["nothing", preview(), [], []],
  ["nothing, where it says no steps at all", "{}", [], []],
  ["certificates", preview(...renewal), ["etcd-ca", "etcd-controller-0-peer"], []],
  ["nothing, where only what follows is there", preview(step("update", command, "health")), [], []],
])("an update renews %s", (_, text, certificates, others) => {
  expect(renewalIn(text)).toEqual({ certificates, others });
});

it.each([
  ["a machine that is replaced", "create-replacement", "aws:ec2/instance:Instance"],
  ["a machine that changes", "update", "aws:ec2/instance:Instance"],
  ["another key", "create-replacement", "tls:index/privateKey:PrivateKey"],
  ["a member whose unit changes", "update", command],
  ["a member more", "create", command],
  ["a member that is made again", "create-replacement", command],
  ["a member that goes", "delete", command],
  ["a CA that goes", "delete", authority],
  ["a certificate of a new member", "create", certificate],
  ["what is not known", "update", "random:index/randomPassword:RandomPassword"],
])("%s is more than a renewal", (_, op, type) => {
  expect(renewalIn(preview(...renewal, step(op, type, "other"))).others).toEqual([
    `${op} etcd-other (${type})`,
  ]);
});
