import type { MachineHost, MachineSpec } from "../../../lab/aws/machineHost";

/** A machine host that only records what it was asked to do. */
export class FakeHost implements MachineHost {
  readonly calls: string[] = [];
  readonly booted: MachineSpec[] = [];
  readonly machines = new Set<string>();
  readonly stopped = new Set<string>();
  /** All public addresses change with each start of a machine. */
  private starts = 0;
  bootSeconds = 0;
  private booting = 0;
  /** How many machines booted at the same time, at most. */
  mostBooting = 0;
  bootError: Error | undefined;

  async createNetwork(cidr: string): Promise<{ gateway: string }> {
    this.calls.push(`createNetwork ${cidr}`);
    return { gateway: "10.0.0.1" };
  }

  async bootMachine(machine: MachineSpec): Promise<void> {
    this.calls.push(`bootMachine ${machine.name} ${machine.ip}`);
    this.mostBooting = Math.max(this.mostBooting, ++this.booting);
    await new Promise((resolve) => setTimeout(resolve, this.bootSeconds * 1000));
    this.booting--;
    if (this.bootError) {
      throw this.bootError;
    }
    this.booted.push(machine);
    this.machines.add(machine.instanceId);
  }

  async removeMachine(instanceId: string): Promise<void> {
    this.calls.push("removeMachine");
    if (!this.machines.delete(instanceId)) {
      throw new Error(`no machine ${instanceId}`);
    }
  }

  async stopMachine(instanceId: string): Promise<void> {
    this.calls.push("stopMachine");
    this.stopped.add(instanceId);
  }

  async startMachine(instanceId: string): Promise<void> {
    this.calls.push("startMachine");
    this.starts++;
    this.stopped.delete(instanceId);
  }

  async growVolume(volumeId: string, sizeGiB: number): Promise<void> {
    this.calls.push(`growVolume ${sizeGiB}`);
  }

  async machineExists(instanceId: string): Promise<boolean> {
    return this.machines.has(instanceId);
  }

  async publicAddress(instanceId: string): Promise<string> {
    const its = this.booted.find((one) => one.instanceId === instanceId);
    if (its?.hasPublicAddress !== true || !(await this.machineRuns(instanceId))) {
      return "";
    }
    return its.ip.replace("10.0.1", `203.0.${113 + this.starts}`);
  }

  async machineRuns(instanceId: string): Promise<boolean> {
    return this.machines.has(instanceId) && !this.stopped.has(instanceId);
  }

  async createVolume(_volumeId: string, sizeGiB: number): Promise<void> {
    this.calls.push(`createVolume ${sizeGiB}`);
  }

  async attachVolume(): Promise<void> {
    this.calls.push("attachVolume");
  }

  async detachVolume(): Promise<void> {
    this.calls.push("detachVolume");
  }

  async deleteVolume(): Promise<void> {
    this.calls.push("deleteVolume");
  }
}
