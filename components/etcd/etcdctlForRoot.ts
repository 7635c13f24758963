import { certificateFiles } from "./files";

/** What `etcdctl` on a member's machine has to know. */
export interface EtcdctlOnMachine {
  /** The folder of the etcdctl that it calls. */
  readonly binaries: string;
  readonly clientUrl: string;
  readonly configDirectory: string;
  readonly tls: boolean;
}

/**
 * A command that calls etcdctl as the machine's operator, for those who can read its key: root. For others it is etcdctl
 * and nothing else. What the caller says counts: etcdctl ends at once where a flag and its variable are both there (etcd,
 * pkg/flags/flag.go).
 * @param clusterId whose command it is, by which another cluster on the machine leaves it alone
 */
export function etcdctlForRoot(
  { binaries, clientUrl, configDirectory, tls }: EtcdctlOnMachine,
  clusterId: string,
): string {
  const { ca, operatorCert, operatorKey } = certificateFiles(configDirectory);
  const endpoint = `[[ -v ETCDCTL_ENDPOINTS ]] || says endpoints || export ETCDCTL_ENDPOINTS=${clientUrl}`;
  const known = tls
    ? `if [[ -r ${operatorKey} ]]; then
  ${endpoint}
  [[ -v ETCDCTL_CACERT ]] || says cacert || export ETCDCTL_CACERT=${ca}
  if [[ ! -v ETCDCTL_CERT && ! -v ETCDCTL_KEY ]] && ! says cert && ! says key; then
    export ETCDCTL_CERT=${operatorCert} ETCDCTL_KEY=${operatorKey}
  fi
fi`
    : endpoint;
  return `#!/bin/bash
# Written by Pulumi for cluster ${clusterId}, from ${configDirectory}: etcdctl for root on this machine. It knows where the
# member is, and what to show it.
words=("$@")
says() {
  local word
  for word in "\${words[@]}"; do
    [[ $word != -- ]] || return 1
    [[ $word != "--$1" && $word != "--$1="* ]] || return 0
  done
  return 1
}
${known}
exec ${binaries}/etcdctl "$@"
`;
}
