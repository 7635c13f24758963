import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/**
 * Which cluster it is. A name, an address or "written by Pulumi" identifies nothing: two stacks of one
 * file have the same. Whatever is about to change a machine, or to ask a cluster to change, compares the id
 * first, and refuses with both names.
 */
export interface ClusterIdentity {
  /** 32 hexadecimal characters, random, made once and kept in the state. */
  readonly id: pulumi.Output<string>;
  readonly name: string;
  /** The stack's full name: `organization/project/stack`. */
  readonly stack: string;
}

/** What of it a script on a machine is told. */
export function identityArguments({ name, stack }: ClusterIdentity, id: string) {
  return { cluster: id, cluster_name: name, stack };
}

/**
 * The identity of a cluster. The first update draws it; the state keeps it from then on.
 * (Without `ignoreChanges` each update would show another draw as a change, though a stash keeps its first.)
 * @param component the name of the component whose cluster it is
 */
export function clusterIdentity(
  component: string,
  name: string,
  opts: pulumi.CustomResourceOptions,
): ClusterIdentity {
  const draw = new pulumi.Stash(
    `${component}-cluster-id`,
    { input: randomBytes(16).toString("hex") },
    { ...opts, ignoreChanges: ["input"] },
  );
  const stack = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  return { id: draw.output.apply(String), name, stack };
}
