import type * as pulumi from "@pulumi/pulumi";
import type { MemberPorts } from "../../etcd/plan";
import type { MachineSpec } from "../machine";
import { isSameMachine } from "./machineSetting";

/** A machine that a person has, or another part of the program makes. */
export interface ExistingMachine {
  /** The member's name. */
  readonly name: string;
  /** Where the other members and the clients reach it. */
  readonly address: pulumi.Input<string>;
  /** Where SSH reaches it. */
  readonly host: pulumi.Input<string>;
  readonly user: string;
  readonly port: number;
  /** As a line of authorized_keys holds it; undefined takes whoever answers. */
  readonly hostKey: pulumi.Input<string> | undefined;
  readonly ports: MemberPorts;
  /** The id that its maker knows it by: with another one it is another machine. */
  readonly id: pulumi.Input<string> | undefined;
  /** How often it was replaced, and how often its data was given up. */
  readonly generation: { readonly machine: number; readonly data: number };
}

/** A machine whose address is a text, or known later. */
type Addressed<Address> = Pick<
  ExistingMachine,
  "name" | "host" | "port" | "ports" | "generation"
> & {
  readonly address: Address;
};

/** The members on machines that exist, and what is asked of the machines as a whole. */
export function existingSpec<Address>(machines: readonly Addressed<Address>[]) {
  const requests = machines.map((machine) => ({
    name: machine.name,
    address: machine.address,
    ports: machine.ports,
    sharesMachine: machines.some((other) => other !== machine && isSameMachine(other, machine)),
  }));
  const spec: MachineSpec = {
    instanceType: "",
    architecture: "",
    dataVolumeGiB: 0,
    fixed: {},
    members: Object.fromEntries(
      machines.map(({ name, generation }) => [
        name,
        { machineGeneration: generation.machine, dataGeneration: generation.data, place: "" },
      ]),
    ),
  };
  return { requests, spec };
}
