import type { MemberHealth } from "../../../../components/etcd/health";
import type { MemberSurvey, Survey } from "../../../../components/etcd/rollout/survey";
import type { Wanted, WantedMember } from "../../../../components/etcd/rollout/wanted";

/** A cluster of three that is as it was asked for; tests say what differs. */
export const names = ["a", "b", "c"];

const address = (name: string) => `https://10.0.1.${10 + name.charCodeAt(0)}:2380`;

export function wantedMember(name: string, changes: Partial<WantedMember> = {}): WantedMember {
  const unit = `ExecStart=/opt/etcd \\\n  --name=${name} \\\n  --quota=8 \\\n  $FIRST_START_FLAGS\n`;
  return { peerUrl: address(name), unit, machine: 0, data: 0, ...changes };
}

export function membersOf(
  all: readonly string[],
  changes: Record<string, Partial<WantedMember>> = {},
): Record<string, WantedMember> {
  return Object.fromEntries(all.map((name) => [name, wantedMember(name, changes[name])]));
}

export function wanted(changes: Partial<Wanted> = {}): Wanted {
  return {
    version: "3.6.16",
    allowDowngrade: false,
    certificateAuthorities: [1],
    certificateIssue: 1,
    instanceType: "t3.small",
    architecture: "amd64",
    members: membersOf(names),
    restore: { id: "", from: "", overData: false },
    ...changes,
  };
}

export interface SurveyChanges {
  readonly all?: readonly string[];
  readonly members?: Record<string, Partial<MemberSurvey>>;
  readonly health?: Record<string, Partial<MemberHealth>>;
  /** Why nobody could be asked. */
  readonly problem?: string;
}

/** Three healthy members of 3.6.16, led by a. */
export function survey({ all = names, members, health, problem }: SurveyChanges = {}): Survey {
  return {
    members: all.map((name) => ({
      name,
      version: "3.6.16",
      hasData: true,
      flags: [`--name=${name}`, "--quota=8"],
      trusts: [1],
      issuedBy: 1,
      ...members?.[name],
    })),
    health:
      problem === undefined
        ? {
            healthy: true,
            verdict: "",
            members: all.map((name) => ({ ...memberHealth(name), ...health?.[name] })),
            snapshots: { last: null, failure: null, warning: "" },
          }
        : undefined,
    ...(problem !== undefined && { problem }),
  };
}

function memberHealth(name: string): MemberHealth {
  return {
    name,
    endpoint: address(name).replace("2380", "2379"),
    healthy: true,
    latencyMs: 1,
    version: "3.6.16",
    id: name,
    leader: name === "a",
    dbSizeBytes: 1,
    dbSizeInUseBytes: 1,
    alarms: [],
  };
}
