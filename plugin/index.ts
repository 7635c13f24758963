import "../components/stackTraces";

// What programs in any language get: Pulumi reads its schema out of the types.
export { EtcdCluster } from "../components/etcdCluster";
