// An etcd cluster on EC2 controllers, with a tag of one's own on whatever AWS takes one on.
import * as pulumi from "@pulumi/pulumi";
import { EtcdCluster } from "../../components/etcdCluster";

const config = new pulumi.Config();

const takesTags =
  /:(Vpc|Subnet|InternetGateway|RouteTable|SecurityGroup|SecurityGroup(In|E)gressRule|KeyPair|Instance|Volume|Bucket|Role|InstanceProfile)$/;

/** A transform reaches whatever is made for the cluster; for tags alone the setting `aws:defaultTags` does so, too. */
const tagged: pulumi.ResourceTransform = ({ type, props, opts }) =>
  takesTags.test(type)
    ? { props: { ...props, tags: { ...(props.tags as object), team: "storage" } }, opts }
    : undefined;

const cluster = new EtcdCluster(
  "orders",
  {
    version: config.get("version"),
    controllers: { sshCidrs: ["203.0.113.7/32"] },
    release: { url: config.get("releaseUrl"), ownReleases: config.getBoolean("ownReleases") },
  },
  { transforms: [tagged] },
);

export const endpoints = cluster.endpoints;
