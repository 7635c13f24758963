import { newest } from "../../components/etcd/versions";

/** The etcd that is measured, and the one that it is upgraded from. */
export const version = newest["3.7"];
export const olderVersion = newest["3.6"];
