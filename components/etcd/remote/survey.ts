import { X509Certificate } from "node:crypto";
import type { MemberSurvey, Survey } from "../rollout/survey";
import { flagsOfUnit } from "../unit";
import { generationOf } from "../../pki/generations";
import { askHealth } from "./health";
import { type LiveMachine, liveMachines } from "./machine";
import type { StackOutputs } from "../../../ops/stackOutputs";

/** Longer than a script of a killed update may keep its lock. */
const limitSeconds = 330;

/** Looks at every machine of a running cluster and asks its members; changes nothing. */
export async function surveyCluster(outputs: StackOutputs): Promise<Survey> {
  const [members, health] = await Promise.all([
    Promise.all(liveMachines(outputs).map(surveyMachine)),
    askHealth(outputs).then(
      (found) => ({ health: found }),
      (error: Error) => ({ health: undefined, problem: error.message }),
    ),
  ]);
  return { members, ...health };
}

async function surveyMachine(machine: LiveMachine): Promise<MemberSurvey> {
  const { name, member } = machine;
  try {
    const text = await machine.succeed(
      "survey",
      { service: member.service, config: member.configDirectory, data: member.dataDirectory },
      { timeoutSeconds: limitSeconds },
    );
    return { name, ...readSurvey(text) };
  } catch (error) {
    return { name, problem: (error as Error).message };
  }
}

/** What `survey.sh` printed, understood. */
export function readSurvey(text: string): Omit<MemberSurvey, "name" | "problem"> {
  const said = JSON.parse(text) as {
    unit: string;
    /** Empty where no etcd runs. */
    trusted: string;
    hasData: boolean;
    certificate: string;
  };
  const decoded = (base64: string) => Buffer.from(base64, "base64").toString();
  const unit = decoded(said.unit);
  const flags = flagsOfUnit(unit);
  const version = /^# Written by Pulumi for etcd ([\d.]+):/m.exec(unit)?.[1];
  const trusts = /^TRUSTED_CAS=(.*)$/.exec(said.trusted)?.[1];
  return {
    flags,
    hasData: said.hasData,
    ...(said.hasData && version !== undefined && { version }),
    ...(trusts !== undefined && { trusts: trusts.split(",").filter(Boolean).map(Number) }),
    ...(said.certificate !== "" && readCertificate(decoded(said.certificate))),
  };
}

function readCertificate(pem: string): Pick<MemberSurvey, "issuedBy" | "certificateEnds"> {
  const certificate = new X509Certificate(pem);
  return {
    issuedBy: generationOf(certificate.issuer),
    certificateEnds: new Date(certificate.validTo),
  };
}
