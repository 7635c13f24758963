import {
  BUCKET,
  bucketParts,
  EGRESS_RULE,
  INGRESS_RULE,
  INSTANCE,
  INSTANCE_PROFILE,
  INTERNET_GATEWAY,
  KEY_PAIR,
  ROLE,
  ROLE_POLICY,
  ROUTE,
  ROUTE_TABLE,
  ROUTE_TABLE_ASSOCIATION,
  SECURITY_GROUP,
  SUBNET,
  VOLUME,
  VOLUME_ATTACHMENT,
  VPC,
} from "../schema";
import { bucket, bucketPart } from "./bucket";
import type { Handler } from "./handler";
import { instance, keyPair } from "./instance";
import { internetGateway, route, routeTable, routeTableAssociation, subnet, vpc } from "./network";
import { instanceProfile, role, rolePolicy } from "./role";
import { securityGroup, securityGroupRule } from "./securityGroup";
import { volume, volumeAttachment } from "./volume";

/** What each type does. */
export const handlers: Record<string, Handler> = {
  [VPC]: vpc,
  [SUBNET]: subnet,
  [INTERNET_GATEWAY]: internetGateway,
  [ROUTE_TABLE]: routeTable,
  [ROUTE]: route,
  [ROUTE_TABLE_ASSOCIATION]: routeTableAssociation,
  [SECURITY_GROUP]: securityGroup,
  [INGRESS_RULE]: securityGroupRule(INGRESS_RULE),
  [EGRESS_RULE]: securityGroupRule(EGRESS_RULE),
  [KEY_PAIR]: keyPair,
  [INSTANCE]: instance,
  [VOLUME]: volume,
  [VOLUME_ATTACHMENT]: volumeAttachment,
  [BUCKET]: bucket,
  ...Object.fromEntries(bucketParts.map((part) => [part, bucketPart])),
  [ROLE]: role,
  [ROLE_POLICY]: rolePolicy,
  [INSTANCE_PROFILE]: instanceProfile,
};
