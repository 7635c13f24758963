/** The etcd that is measured, and the one that it is upgraded from. */
export const version = "3.7.3";
export const olderVersion = "3.6.16";
