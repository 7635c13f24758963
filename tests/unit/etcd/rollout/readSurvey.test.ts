import { expect, it } from "vitest";
import { planMembers } from "../../../../components/etcd/plan";
import { unitText, withDigest } from "../../../../components/etcd/unit";
import { authorityName, generationOf } from "../../../../components/pki/generations";
import { readSurvey } from "../../../../components/etcd/remote/survey";

const [member] = planMembers([{ name: "a", address: "10.0.1.10" }], { tls: true });
const unit = withDigest(
  unitText(member!, {
    version: "3.7.3",
    binaries: "/opt/etcd/v3.7.3/bin",
    clusterName: "etcd",
    flags: ["--name=a", "--initial-advertise-peer-urls=https://10.0.1.10:2380", "--pre-vote"],
    certificateAuthorities: [2, 1],
  }),
  "CA",
);
const encoded = (text: string) => Buffer.from(text).toString("base64");
const said = { unit: encoded(unit), trusted: "", hasData: true, certificate: "" };

it("a machine's unit tells what its member was last run as", () => {
  expect(readSurvey(JSON.stringify(said))).toEqual({
    version: "3.7.3",
    hasData: true,
    flags: ["--name=a", "--initial-advertise-peer-urls=https://10.0.1.10:2380", "--pre-vote"],
  });
});

it("what runs tells what it trusts, whatever lies on the disk", () => {
  const trusted = /^Environment=(TRUSTED_CAS=.*)$/m.exec(unit)![1]!;
  expect(readSurvey(JSON.stringify({ ...said, trusted }))).toMatchObject({ trusts: [1, 2] });
});

it("without data there is no version that the data was run with", () => {
  expect(readSurvey(JSON.stringify({ ...said, hasData: false }))).not.toHaveProperty("version");
});

it("a blank machine has nothing to tell", () => {
  const blank = { unit: "", trusted: "", hasData: false, certificate: "" };
  expect(readSurvey(JSON.stringify(blank))).toEqual({ flags: [], hasData: false });
});

it.each([1, 2, 17])("a certificate's issuer names its generation: %d", (generation) => {
  expect(generationOf(`O=etcd\nCN=${authorityName("etcd", generation)}`)).toBe(generation);
});
