/**
 * The part of the AWS provider's schema that the double knows: resource types, their input
 * properties and what a change of each one does. Names and replacements are those of
 * `@pulumi/aws` 7. What is not listed here is refused, so that the double never pretends.
 */

/** What changing a property does to the resource. */
export type OnChange = "replace" | "update";

export interface TypeSchema {
  /** Every input property that the double takes. */
  inputs: Record<string, OnChange>;
  required: string[];
  /**
   * Input properties that hold an object or a list of objects: the keys they may have. What is
   * deeper inside is named by its path, such as "rules.filter".
   */
  nested?: Record<string, string[]>;
  /** The property that Pulumi names after the resource when the program does not. */
  autoName?: string;
  /** Input properties that hold a JSON document, as text or as it is. */
  documents?: string[];
}

export const VPC = "aws:ec2/vpc:Vpc";
export const SUBNET = "aws:ec2/subnet:Subnet";
export const INTERNET_GATEWAY = "aws:ec2/internetGateway:InternetGateway";
export const ROUTE_TABLE = "aws:ec2/routeTable:RouteTable";
export const ROUTE = "aws:ec2/route:Route";
export const ROUTE_TABLE_ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation";
export const SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup";
export const INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
export const EGRESS_RULE = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule";
export const KEY_PAIR = "aws:ec2/keyPair:KeyPair";
export const INSTANCE = "aws:ec2/instance:Instance";
export const VOLUME = "aws:ebs/volume:Volume";
export const VOLUME_ATTACHMENT = "aws:ec2/volumeAttachment:VolumeAttachment";
export const BUCKET = "aws:s3/bucket:Bucket";
export const BUCKET_PUBLIC_ACCESS_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock";
export const BUCKET_VERSIONING = "aws:s3/bucketVersioning:BucketVersioning";
export const BUCKET_ENCRYPTION =
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
export const BUCKET_LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration";
export const ROLE = "aws:iam/role:Role";
export const ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy";
export const INSTANCE_PROFILE = "aws:iam/instanceProfile:InstanceProfile";

/** What is configured of a bucket by resources of their own. */
export const bucketParts = [
  BUCKET_PUBLIC_ACCESS_BLOCK,
  BUCKET_VERSIONING,
  BUCKET_ENCRYPTION,
  BUCKET_LIFECYCLE,
];

const groupRules = [
  "cidrBlocks",
  "description",
  "fromPort",
  "ipv6CidrBlocks",
  "protocol",
  "securityGroups",
  "self",
  "toPort",
];

const securityGroupRule: TypeSchema = {
  inputs: {
    cidrIpv4: "update",
    cidrIpv6: "update",
    description: "update",
    fromPort: "update",
    ipProtocol: "update",
    referencedSecurityGroupId: "update",
    region: "replace",
    securityGroupId: "replace",
    tags: "update",
    toPort: "update",
  },
  required: ["ipProtocol", "securityGroupId"],
};

export const schema: Record<string, TypeSchema> = {
  [VPC]: {
    inputs: {
      cidrBlock: "replace",
      enableDnsHostnames: "update",
      enableDnsSupport: "update",
      enableNetworkAddressUsageMetrics: "update",
      instanceTenancy: "replace",
      region: "replace",
      tags: "update",
    },
    required: ["cidrBlock"],
  },
  [SUBNET]: {
    inputs: {
      availabilityZone: "replace",
      availabilityZoneId: "replace",
      cidrBlock: "replace",
      mapPublicIpOnLaunch: "update",
      enableResourceNameDnsARecordOnLaunch: "update",
      privateDnsHostnameTypeOnLaunch: "update",
      region: "replace",
      tags: "update",
      vpcId: "replace",
    },
    required: ["cidrBlock", "vpcId"],
  },
  [INTERNET_GATEWAY]: {
    inputs: { region: "replace", tags: "update", vpcId: "update" },
    required: [],
  },
  [ROUTE_TABLE]: {
    inputs: { region: "replace", routes: "update", tags: "update", vpcId: "replace" },
    required: ["vpcId"],
    nested: { routes: ["cidrBlock", "gatewayId", "ipv6CidrBlock"] },
  },
  [ROUTE]: {
    inputs: {
      destinationCidrBlock: "replace",
      destinationIpv6CidrBlock: "replace",
      gatewayId: "update",
      region: "replace",
      routeTableId: "replace",
    },
    required: ["routeTableId"],
  },
  [ROUTE_TABLE_ASSOCIATION]: {
    inputs: { region: "replace", routeTableId: "update", subnetId: "replace" },
    required: ["routeTableId", "subnetId"],
  },
  [SECURITY_GROUP]: {
    inputs: {
      description: "replace",
      egress: "update",
      ingress: "update",
      name: "replace",
      namePrefix: "replace",
      region: "replace",
      revokeRulesOnDelete: "update",
      tags: "update",
      vpcId: "replace",
    },
    required: ["vpcId"],
    nested: { egress: groupRules, ingress: groupRules },
    autoName: "name",
  },
  [INGRESS_RULE]: securityGroupRule,
  [EGRESS_RULE]: securityGroupRule,
  [KEY_PAIR]: {
    inputs: {
      keyName: "replace",
      keyNamePrefix: "replace",
      publicKey: "replace",
      region: "replace",
      tags: "update",
    },
    required: ["publicKey"],
    autoName: "keyName",
  },
  [INSTANCE]: {
    inputs: {
      ami: "replace",
      associatePublicIpAddress: "replace",
      availabilityZone: "replace",
      creditSpecification: "update",
      disableApiStop: "update",
      disableApiTermination: "update",
      ebsOptimized: "update",
      forceDestroy: "update",
      iamInstanceProfile: "update",
      instanceInitiatedShutdownBehavior: "update",
      instanceType: "update",
      keyName: "replace",
      maintenanceOptions: "update",
      metadataOptions: "update",
      monitoring: "update",
      privateIp: "replace",
      region: "replace",
      rootBlockDevice: "update",
      sourceDestCheck: "update",
      subnetId: "replace",
      tags: "update",
      tenancy: "replace",
      userData: "update",
      userDataBase64: "update",
      userDataReplaceOnChange: "update",
      volumeTags: "update",
      vpcSecurityGroupIds: "update",
    },
    required: ["ami", "instanceType", "subnetId"],
    nested: {
      creditSpecification: ["cpuCredits"],
      maintenanceOptions: ["autoRecovery"],
      metadataOptions: [
        "httpEndpoint",
        "httpProtocolIpv6",
        "httpPutResponseHopLimit",
        "httpTokens",
        "instanceMetadataTags",
      ],
      rootBlockDevice: [
        "deleteOnTermination",
        "encrypted",
        "iops",
        "kmsKeyId",
        "tags",
        "throughput",
        "volumeSize",
        "volumeType",
      ],
    },
  },
  [VOLUME]: {
    inputs: {
      availabilityZone: "replace",
      encrypted: "replace",
      iops: "update",
      kmsKeyId: "replace",
      region: "replace",
      size: "update",
      tags: "update",
      throughput: "update",
      type: "update",
    },
    required: ["availabilityZone", "size"],
  },
  [VOLUME_ATTACHMENT]: {
    inputs: {
      deviceName: "replace",
      forceDetach: "update",
      instanceId: "replace",
      region: "replace",
      skipDestroy: "update",
      stopInstanceBeforeDetaching: "update",
      volumeId: "replace",
    },
    required: ["deviceName", "instanceId", "volumeId"],
  },
  [BUCKET]: {
    inputs: {
      bucket: "replace",
      bucketPrefix: "replace",
      forceDestroy: "update",
      region: "replace",
      tags: "update",
    },
    required: [],
    autoName: "bucket",
  },
  [BUCKET_PUBLIC_ACCESS_BLOCK]: {
    inputs: {
      blockPublicAcls: "update",
      blockPublicPolicy: "update",
      bucket: "replace",
      ignorePublicAcls: "update",
      region: "replace",
      restrictPublicBuckets: "update",
      skipDestroy: "update",
    },
    required: ["bucket"],
  },
  [BUCKET_VERSIONING]: {
    inputs: { bucket: "replace", region: "replace", versioningConfiguration: "update" },
    required: ["bucket", "versioningConfiguration"],
    nested: { versioningConfiguration: ["status"] },
  },
  [BUCKET_ENCRYPTION]: {
    inputs: { bucket: "replace", region: "replace", rules: "update" },
    required: ["bucket", "rules"],
    nested: {
      rules: ["applyServerSideEncryptionByDefault", "blockedEncryptionTypes", "bucketKeyEnabled"],
      "rules.applyServerSideEncryptionByDefault": ["kmsMasterKeyId", "sseAlgorithm"],
    },
  },
  [BUCKET_LIFECYCLE]: {
    inputs: {
      bucket: "replace",
      region: "replace",
      rules: "update",
      transitionDefaultMinimumObjectSize: "update",
    },
    required: ["bucket", "rules"],
    nested: {
      rules: [
        "abortIncompleteMultipartUpload",
        "expiration",
        "filter",
        "id",
        "noncurrentVersionExpiration",
        "status",
      ],
      "rules.abortIncompleteMultipartUpload": ["daysAfterInitiation"],
      "rules.expiration": ["date", "days", "expiredObjectDeleteMarker"],
      "rules.filter": ["prefix"],
      "rules.noncurrentVersionExpiration": ["newerNoncurrentVersions", "noncurrentDays"],
    },
  },
  [ROLE]: {
    inputs: {
      assumeRolePolicy: "update",
      description: "update",
      forceDetachPolicies: "update",
      maxSessionDuration: "update",
      name: "replace",
      namePrefix: "replace",
      path: "replace",
      tags: "update",
    },
    required: ["assumeRolePolicy"],
    autoName: "name",
    documents: ["assumeRolePolicy"],
  },
  [ROLE_POLICY]: {
    inputs: { name: "replace", namePrefix: "replace", policy: "update", role: "replace" },
    required: ["policy", "role"],
    autoName: "name",
    documents: ["policy"],
  },
  [INSTANCE_PROFILE]: {
    inputs: {
      name: "replace",
      namePrefix: "replace",
      path: "replace",
      role: "update",
      tags: "update",
    },
    required: [],
    autoName: "name",
  },
};

/** The functions that the double answers, and the arguments that it takes for each. */
export const functions: Record<string, string[]> = {
  "aws:ssm/getParameter:getParameter": ["name", "region", "withDecryption"],
  "aws:index/getAvailabilityZones:getAvailabilityZones": [
    "excludeNames",
    "filters",
    "region",
    "state",
  ],
  "aws:ec2/getInternetGateway:getInternetGateway": ["filters", "internetGatewayId", "region"],
  "aws:ec2/getInstances:getInstances": ["filters", "instanceStateNames", "region"],
  "aws:ec2/getVpc:getVpc": ["id", "region"],
  "aws:index/getPartition:getPartition": [],
  "aws:index/getRegion:getRegion": ["region"],
};
