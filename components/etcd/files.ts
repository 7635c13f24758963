/** Where things are on a member's machine. The scripts read these names from their arguments. */
export const certificateDirectory = "/etc/etcd/pki";

export const certificateFiles = {
  ca: `${certificateDirectory}/ca.crt`,
  serverCert: `${certificateDirectory}/server.crt`,
  serverKey: `${certificateDirectory}/server.key`,
  peerCert: `${certificateDirectory}/peer.crt`,
  peerKey: `${certificateDirectory}/peer.key`,
} as const;

export const dataDirectory = "/var/lib/etcd";

/** A release's own folder: releases lie side by side, and the unit names the one that it runs. */
export function releaseDirectory(version: string): string {
  return `/opt/etcd/v${version}`;
}

/** Flags for a member's first start; on a tmpfs, so that a reboot forgets them. */
export const firstStartFile = "/run/etcd-first-start/flags";
