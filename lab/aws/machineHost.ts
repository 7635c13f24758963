/** What the AWS double needs to know of a machine to boot it. */
export interface MachineSpec {
  /** The Name tag, or the instance's id where there is none. */
  name: string;
  ip: string;
  userData: string;
  /** One authorized_keys line, or "" for an instance without a key pair. */
  publicKey: string;
  instanceId: string;
  hasPublicAddress: boolean;
}

/** Whatever really makes the networks, machines and disks behind the AWS double's records. */
export interface MachineHost {
  createNetwork(cidr: string): Promise<{ gateway: string }>;
  bootMachine(machine: MachineSpec): Promise<void>;
  removeMachine(instanceId: string): Promise<void>;
  stopMachine(instanceId: string): Promise<void>;
  /** One with a public address gets another one. */
  startMachine(instanceId: string): Promise<void>;
  /** "" for one that is stopped, or without one. */
  publicAddress(instanceId: string): Promise<string>;
  machineExists(instanceId: string): Promise<boolean>;
  /** False for one that is stopped, and for one that is not there. */
  machineRuns(instanceId: string): Promise<boolean>;
  createVolume(volumeId: string, sizeGiB: number): Promise<void>;
  attachVolume(volumeId: string, instanceId: string): Promise<void>;
  detachVolume(volumeId: string): Promise<void>;
  deleteVolume(volumeId: string): Promise<void>;
  /** In use or not. */
  growVolume(volumeId: string, sizeGiB: number): Promise<void>;
}
