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
 * A command that calls etcdctl as the machine's operator, whose key root alone can read. What the caller says counts:
 * etcdctl ends at once where a flag and its variable are both there (etcd, pkg/flags/flag.go).
 */
export function etcdctlForRoot({
  binaries,
  clientUrl,
  configDirectory,
  tls,
}: EtcdctlOnMachine): string {
  const { ca, operatorCert, operatorKey } = certificateFiles(configDirectory);
  const credentials = `
[[ -v ETCDCTL_CACERT ]] || says cacert || export ETCDCTL_CACERT=${ca}
if [[ ! -v ETCDCTL_CERT && ! -v ETCDCTL_KEY ]] && ! says cert && ! says key; then
  export ETCDCTL_CERT=${operatorCert} ETCDCTL_KEY=${operatorKey}
fi`;
  return `#!/bin/bash
# Written by Pulumi: etcdctl for root on this machine. It knows where the member is, and what to show it.
words=("$@")
says() {
  local word
  for word in "\${words[@]}"; do
    [[ $word != -- ]] || return 1
    [[ $word != "--$1" && $word != "--$1="* ]] || return 0
  done
  return 1
}
[[ -v ETCDCTL_ENDPOINTS ]] || says endpoints || export ETCDCTL_ENDPOINTS=${clientUrl}${tls ? credentials : ""}
exec ${binaries}/etcdctl "$@"
`;
}
