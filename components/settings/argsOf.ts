import type { EtcdClusterArgs } from "../etcdClusterArgs";
import { knownHostKey } from "../machines/existing/machineSetting";
import { argsWith } from "./places";
import { type Settings, usesExistingMachines } from "./settings";

/** What the settings of a stack ask an `EtcdCluster` for. */
export function argsOf(settings: Settings): EtcdClusterArgs {
  const { sshPrivateKey: privateKey, bastion, bastionPrivateKey, verifyHostKeys } = settings;
  const onEc2 = !usesExistingMachines(settings);
  const args = argsWith(settings, onEc2);
  const generation = ({ name }: { readonly name: string }) => ({
    replacements: settings.replacements[name] ?? 0,
    dataReplacements: settings.dataReplacements[name] ?? 0,
  });
  const ssh = { privateKey, bastionPrivateKey, ...(bastion && { bastion }) };
  return {
    ...args,
    snapshots: { ...args.snapshots, secretAccessKey: settings.snapshotSecretAccessKey },
    ...(onEc2
      ? {
          controllers: {
            ...args.controllers,
            members: settings.controllers.map((one) => ({ ...one, ...generation(one) })),
          },
          ssh,
        }
      : {
          machines: settings.machines.map((machine) => {
            const hostKey = verifyHostKeys ? knownHostKey(machine, settings.knownHosts) : undefined;
            return {
              ...machine,
              ...generation(machine),
              ...(hostKey !== undefined && { hostKey }),
            };
          }),
          ssh: { ...ssh, password: settings.sshPassword, verifyHostKeys },
        }),
  };
}
