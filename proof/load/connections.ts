import { Connection } from "./connection";
import type { Member, Target } from "./target";

/**
 * Clients of all members, one each: a single client over all of them would choose at random and
 * keep away from members that failed lately, so nobody could say which members were asked.
 */
export class Connections {
  private current: Connection[];

  constructor(private target: Target) {
    this.current = connect(target);
  }

  /** The connections go round: turn 0 is the first member's, turn 1 the second's, and so on. */
  at(turn: number): Connection {
    return this.current[turn % this.current.length]!;
  }

  get all(): readonly Connection[] {
    return this.current;
  }

  /** New connections to these members, with these credentials. Calls under way end where they are. */
  reconnect(target: Target): void {
    const before = this.current;
    this.current = connect(target);
    this.target = target;
    before.forEach((connection) => connection.retire());
  }

  /** Keeps the connections to members that stay as they are. */
  setMembers(members: readonly Member[]): void {
    refuseNone(members);
    const before = this.current;
    this.target = { ...this.target, members };
    this.current = members.map(
      (member) =>
        before.find(({ member: old }) => old.clientUrl === member.clientUrl) ??
        new Connection(member, this.target.credentials),
    );
    before.filter((one) => !this.current.includes(one)).forEach((one) => one.retire());
  }

  close(): void {
    this.current.forEach((connection) => connection.retire());
  }
}

function connect({ members, credentials }: Target): Connection[] {
  refuseNone(members);
  return members.map((member) => new Connection(member, credentials));
}

function refuseNone(members: readonly Member[]): void {
  if (members.length === 0) {
    throw new Error("a cluster has at least one member");
  }
}
