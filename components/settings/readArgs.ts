import * as pulumi from "@pulumi/pulumi";
import { defaultPorts } from "../etcd/plan";
import type { EtcdClusterArgs, EtcdMachine } from "../etcdClusterArgs";
import { ec2Controllers } from "../machines/aws/machines";
import { existingMachines } from "../machines/existing/machines";
import type { ExistingMachine } from "../machines/existing/spec";
import type { MachineMaker } from "../machines/machine";
import { type Bounded, boundError, bounds } from "./bounds";
import { readClients } from "./clients";
import { checkCluster, checkMemberCount, clusterWarnings, type ClusterSettings } from "./cluster";
import { checkEc2, ec2Warnings, type Ec2Settings } from "./ec2";
import { addressErrors, checkEach } from "./machines";
import { type Misplaced, settingsIn, wellFormed } from "./placedArgs";
import { argsWith, placeOf } from "./places";
import { type SettingError, errorOf } from "./reader";
import { checkSnapshots } from "./snapshots";
import { bastionErrors, checkKey, checkLogin, hostKeyPattern } from "./ssh";

/** What was read of a component's args. */
export interface ReadArgs {
  readonly settings: ClusterSettings;
  readonly maker: MachineMaker;
  readonly secretAccessKey: pulumi.Input<string>;
  /** What the component's state shows that it was asked for: no secret, and nothing that is known later. */
  readonly shown: object;
  /** What is allowed and deserves a second thought. */
  readonly warnings: readonly string[];
}

type AllSettings = ClusterSettings & Ec2Settings;

/** The members on EC2 where nobody names them, as in `Pulumi.yaml`. */
const threeControllers = [1, 2, 3].map((zone, index) => ({
  name: `controller-${index}`,
  privateIp: `10.0.${zone}.10`,
}));

/**
 * A component's args with their defaults.
 * @throws RunError with all that is wrong with them
 */
export function readArgs(name: string, given: EtcdClusterArgs): ReadArgs {
  const misplaced: Misplaced[] = [];
  const args = wellFormed(given, misplaced);
  if (misplaced.length > 0) {
    // What is no list has nothing in it that could be looked at.
    throw notRight(name, [], misplaced);
  }
  const settings = allSettings(name, args, misplaced);
  const { controllers } = args;
  const machines = controllers === undefined ? readMachines(args) : undefined;
  const errors: SettingError[] = [
    ...(controllers !== undefined && args.machines !== undefined
      ? [{ setting: "machines", text: "are given, and controllers too: expected one of them" }]
      : []),
    ...checkCluster(settings),
    ...checkBounds(settings),
    ...checkSnapshots({ ...settings, machines: machines ?? [] }, ["snapshotSecretAccessKey"]),
    ...(machines === undefined
      ? checkControllers(args, settings)
      : checkOwn(machines, args, settings)),
  ];
  if (misplaced.length + errors.length > 0) {
    throw notRight(name, errors, misplaced);
  }
  return {
    settings,
    maker:
      machines === undefined
        ? ec2Controllers({ ...settings, ...loginToControllers(args) })
        : existingMachines({
            machines: machines.map((machine, index) =>
              checkedLater(name, machine, index, machines.length === 1, settings),
            ),
            login: loginOf(args),
          }),
    secretAccessKey: args.snapshots?.secretAccessKey ?? "",
    shown: argsWith(settings, machines === undefined),
    warnings: [
      ...clusterWarnings(settings, {
        members: (machines ?? settings.controllers).length,
        verifyHostKeys: machines === undefined || (args.ssh?.verifyHostKeys ?? true),
      }),
      ...(machines === undefined ? ec2Warnings(settings) : []),
    ],
  };
}

function notRight(
  name: string,
  errors: readonly SettingError[],
  misplaced: readonly Misplaced[] = [],
): pulumi.RunError {
  const placed = errors.map(({ setting, text }) => ({ place: placeOf(setting), text }));
  const lines = [...misplaced, ...placed].map(({ place, text }) => `  ${place} ${text}`);
  const count = lines.length === 1 ? "1 input is" : `${lines.length} inputs are`;
  return new pulumi.RunError(
    `EtcdCluster ${name}: ${count} not right; nothing was changed:\n${lines.join("\n")}`,
  );
}

/** The same as the settings of a stack, with the defaults that `Pulumi.yaml` has. */
export function allSettings(
  name: string,
  args: EtcdClusterArgs,
  misplaced: Misplaced[] = [],
): AllSettings {
  const placed = settingsIn(args, misplaced);
  const members = args.controllers?.members ?? threeControllers;
  const counts = (of: "replacements" | "dataReplacements") =>
    Object.fromEntries(
      (args.controllers?.members ?? []).flatMap((one) =>
        one[of] === undefined ? [] : [[one.name, one[of]]],
      ),
    );
  const secret = args.snapshots?.secretAccessKey ?? "";
  const { clients, errors } = readClients(args.clients ?? {});
  misplaced.push(...errors.map(({ setting, text }) => ({ place: setting, text })));
  return {
    ...placed,
    clients,
    clusterName: args.clusterName ?? name,
    tls: (args.tls?.enabled ?? true) ? "on" : "off",
    // What is not known yet cannot be checked, but that it is there.
    snapshotSecretAccessKey: typeof secret === "string" ? secret : "known-later",
    controllers: members.map(({ name: member, privateIp }) => ({ name: member, privateIp })),
    replacements: counts("replacements"),
    dataReplacements: counts("dataReplacements"),
  };
}

/** What the reader of a stack's settings sees to for those. */
function checkBounds(settings: AllSettings): SettingError[] {
  return Object.entries(bounds).flatMap(([setting, range]) =>
    errorOf(setting, boundError(settings[setting as Bounded], range)),
  );
}

function checkCounts(
  place: string,
  { machine, data }: { readonly machine: number; readonly data: number },
): SettingError[] {
  return [
    ...errorOf(`${place}.replacements`, boundError(machine, [0, 999_999])),
    ...errorOf(`${place}.dataReplacements`, boundError(data, [0, 999_999])),
  ];
}

// --- controllers that are made ------------------------------------------------------------------

function checkControllers({ controllers, ssh = {} }: EtcdClusterArgs, settings: AllSettings) {
  const secrets = ["sshPassword", "sshPrivateKey", "bastionPrivateKey"];
  const known = (text: pulumi.Input<string> | undefined, later: string) =>
    text === undefined || typeof text === "string" ? (text ?? "") : later;
  const login = {
    sshPrivateKey: known(ssh.privateKey, ""),
    sshPassword: known(ssh.password, "known-later"),
    knownHosts: [],
    verifyHostKeys: true,
    bastion: ssh.bastion,
    bastionPrivateKey: known(ssh.bastionPrivateKey, ""),
    machines: [],
    publicAddresses: settings.publicAddresses,
  };
  return [
    ...checkMemberCount("controllers", settings.controllers.length, settings),
    ...checkEc2(settings),
    ...(controllers?.members ?? []).flatMap((one, index) =>
      checkCounts(`controllers[${index}]`, {
        machine: one.replacements ?? 0,
        data: one.dataReplacements ?? 0,
      }),
    ),
    ...checkLogin(login, secrets),
    ...checkBastion(ssh.bastion),
  ];
}

function loginToControllers({ ssh = {} }: EtcdClusterArgs) {
  return {
    sshPrivateKey: ssh.privateKey ?? "",
    ...(ssh.bastion && { bastion: ssh.bastion }),
    bastionPrivateKey: ssh.bastionPrivateKey ?? "",
  };
}

// --- machines that are there --------------------------------------------------------------------

function readMachines({ machines = [], ssh }: EtcdClusterArgs): ExistingMachine[] {
  return machines.map((machine: EtcdMachine) => {
    const { name, address, host = address, port = 22, ports = defaultPorts } = machine;
    return {
      name,
      address,
      host,
      user: machine.user ?? ssh?.user ?? "",
      port,
      hostKey: (ssh?.verifyHostKeys ?? true) ? machine.hostKey : undefined,
      ports,
      id: machine.id,
      generation: { machine: machine.replacements ?? 0, data: machine.dataReplacements ?? 0 },
    };
  });
}

function checkOwn(
  machines: readonly ExistingMachine[],
  { ssh = {} }: EtcdClusterArgs,
  settings: ClusterSettings,
): SettingError[] {
  const { privateKey = "", password = "", verifyHostKeys = true } = ssh;
  const { bastionPrivateKey = "" } = ssh;
  return [
    ...checkMemberCount("machines", machines.length, settings),
    ...checkEach(machines, settings),
    ...machines.flatMap(({ hostKey, host, generation }, index) => [
      ...errorOf(
        `machines[${index}].hostKey`,
        verifyHostKeys && !hostKey
          ? "is not set: anyone who answers at its address would get its keys. Give the machine's own, or set ssh.verifyHostKeys to false"
          : undefined,
      ),
      ...(typeof hostKey === "string" && hostKey !== "" ? hostKeyErrors(hostKey) : []).map(
        (text) => ({ setting: `machines[${index}]`, text }),
      ),
      ...errorOf(
        `machines[${index}].host`,
        host === "" ? "is empty: that would be this computer" : undefined,
      ),
      ...checkCounts(`machines[${index}]`, generation),
    ]),
    ...errorOf(
      "ssh",
      privateKey === "" && password === ""
        ? "has neither a privateKey nor a password: expected one of them"
        : undefined,
    ),
    ...keyErrors("sshPrivateKey", privateKey),
    ...keyErrors("bastionPrivateKey", bastionPrivateKey),
    ...checkBastion(ssh.bastion),
  ];
}

function checkBastion(bastion: NonNullable<EtcdClusterArgs["ssh"]>["bastion"]): SettingError[] {
  const errors = bastion === undefined ? [] : bastionErrors(bastion);
  return errors.map((text) => ({ setting: "bastion", text }));
}

/** It is secret from here on, however it was given. */
function keyErrors(setting: string, key: pulumi.Input<string>): SettingError[] {
  return typeof key === "string" ? checkKey(setting, key, [setting], false) : [];
}

/**
 * A machine whose address, host and host key are checked as soon as they are known, and used by nothing before. They
 * are no secrets, also where they come with one: what is asked of a cluster is compared, and shown when it is refused.
 * @param isShared whether all members are on one machine
 */
function checkedLater(
  name: string,
  machine: ExistingMachine,
  index: number,
  isShared: boolean,
  { tls }: ClusterSettings,
): ExistingMachine {
  const later = (
    value: pulumi.Input<string>,
    errorsIn: (text: unknown) => readonly string[],
  ): pulumi.Input<string> =>
    typeof value === "string"
      ? value
      : pulumi.unsecret(pulumi.output(value)).apply((text) => {
          const found = errorsIn(text);
          if (found.length > 0) {
            const setting = `machines[${index}]`;
            throw notRight(
              name,
              found.map((one) => ({ setting, text: one })),
            );
          }
          return text.trim();
        });
  return {
    ...machine,
    address: later(machine.address, (text) => addressErrors(text, tls, isShared)),
    host: later(machine.host, (text) =>
      typeof text === "string" && text.trim() !== ""
        ? []
        : ["has no host: expected where SSH reaches it"],
    ),
    hostKey: machine.hostKey === undefined ? undefined : later(machine.hostKey, hostKeyErrors),
    id: machine.id === undefined ? undefined : later(machine.id, () => []),
  };
}

function hostKeyErrors(text: unknown): string[] {
  return typeof text === "string" && hostKeyPattern.test(text.trim())
    ? []
    : [
        `has the hostKey "${String(text)}", expected a line such as "ssh-ed25519 AAAA…": otherwise anyone who answers at its address would get its keys`,
      ];
}

function loginOf({ ssh = {} }: EtcdClusterArgs) {
  return {
    privateKey: ssh.privateKey ?? "",
    password: ssh.password ?? "",
    bastion: ssh.bastion,
    bastionPrivateKey: ssh.bastionPrivateKey ?? "",
  };
}
