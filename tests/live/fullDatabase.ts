import type { StackOutputs } from "../../operator/stack";
import { onController } from "./cluster";

const directory = "/run/systemd/system/etcd.service.d";

/**
 * Starts every member, one after the other, with a quota that is soon used up; the unit keeps its own.
 * The smallest one that a setting allows, 1 GiB, would take minutes to fill.
 */
export async function limitDatabases(outputs: StackOutputs, mebibytes: number): Promise<void> {
  const flag = `--quota-backend-bytes=${mebibytes * 1024 ** 2}`;
  const lines = `[Service]\\nEnvironment=FIRST_START_FLAGS=${flag}\\n`;
  for (const { name } of outputs.members) {
    await onController(
      outputs,
      name,
      `sudo mkdir -p ${directory} && printf '${lines}' | sudo tee ${directory}/quota.conf && ` +
        "sudo systemctl daemon-reload && sudo systemctl restart etcd",
    );
  }
}

/** Lets the next start of each member have the unit's quota again. */
export async function forgetLimits(outputs: StackOutputs): Promise<void> {
  for (const { name } of outputs.members) {
    await onController(outputs, name, `sudo rm -r ${directory} && sudo systemctl daemon-reload`);
  }
}

/**
 * Writes values of 1 MB until etcd refuses, or that often.
 * @param key to write to, in the words of a shell: with $i another one each time
 * @returns what etcd said at last
 */
export function fillDatabase(outputs: StackOutputs, key: string, times = 40): Promise<string> {
  const pki = "/etc/etcd/pki";
  const etcdctl = `sudo etcdctl --cacert=${pki}/ca.crt --cert=${pki}/operator.crt --key=${pki}/operator.key`;
  return onController(
    outputs,
    outputs.members[0]!.name,
    `for i in $(seq ${times}); do head -c 1000000 /dev/zero | tr '\\0' x |
       ${etcdctl} --endpoints=https://127.0.0.1:2379 put "${key}" 2>&1 || break; done | tail -n 1`,
  );
}
