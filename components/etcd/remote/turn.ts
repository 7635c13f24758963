import { type ClusterIdentity, identityArguments } from "../identity";
import { permitSeconds } from "../rollout/permit";
import { type ObservedMachine, readObservation } from "../rollout/observed";
import { filesInput, scriptCommand, scriptStart } from "../scripts";
import { lookArguments, type ObservedMember, onMachineAfter, withoutAnAnswer } from "./observe";
import type { Conversation, SshConnection, SshTarget } from "./ssh";

/** Whose turn it is to be, and what is asked of its machine. */
export interface TurnOf {
  readonly member: ObservedMember;
  readonly target: SshTarget;
  readonly identity: ClusterIdentity;
  readonly clusterId: string;
  /** Client URLs of all members that are known. */
  readonly endpoints: readonly string[];
}

/**
 * A member's turn on its machine. One script tells what it sees and then leaves what was decided by that; it is
 * started while its member still waits for its turn, so that the others wait for its answers alone.
 */
export class Turn {
  private conversation: Conversation | undefined;
  private hasLooked = false;

  constructor(
    private readonly connection: SshConnection,
    private readonly of: TurnOf,
  ) {
    this.conversation = this.begin();
  }

  /** Looks at the member. What was seen before, if anything, is of no use any more. */
  async look(): Promise<ObservedMachine> {
    if (this.hasLooked) {
      await this.conversation?.end(filesInput({}));
      this.conversation = undefined;
    }
    this.hasLooked = true;
    this.conversation ??= this.begin();
    const document = await this.conversation.ask("look\n");
    if (document === undefined) {
      throw withoutAnAnswer(await this.conversation.end());
    }
    return readObservation(this.of.member.name, document);
  }

  /**
   * Leaves the permit, and ends the turn on the machine.
   * @throws Error where it could not be written
   */
  async leave(permit: string): Promise<void> {
    const conversation = this.conversation ?? this.begin();
    this.conversation = undefined;
    const files = filesInput({ permit });
    const { code, stderr } = await conversation.end(this.hasLooked ? files : `leave\n${files}`);
    if (code !== 0) {
      const { name } = this.of.member;
      throw new Error(stderr.trim() || `the permit for ${name} could not be written`);
    }
  }

  private begin(): Conversation {
    const { member, identity, clusterId, endpoints } = this.of;
    const command = scriptCommand("turn", {
      ...lookArguments(member, endpoints),
      ...identityArguments(identity, clusterId),
      lifetime: permitSeconds,
    });
    return this.connection.converse(command, scriptStart("turn"));
  }
}

/**
 * What is done in a member's turn.
 * @param until its turn comes; when that fails nothing is done
 * @throws Error where the machine cannot be reached, and whatever `until` and `work` throw
 */
export function inTurn<Result>(
  of: TurnOf,
  until: Promise<void>,
  work: (turn: Turn) => Promise<Result>,
): Promise<Result> {
  return onMachineAfter(of.target, until, (connection) => new Turn(connection, of), work);
}
