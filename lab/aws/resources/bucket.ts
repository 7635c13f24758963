import { AwsError } from "../errors";
import { BUCKET } from "../schema";
import { keyOf } from "../store";
import { text } from "../text";
import { existing, uniqueName } from "./common";
import type { Handler } from "./handler";

export const bucket: Handler = {
  defaults: { forceDestroy: false },
  plan({ records, region }, inputs) {
    const operation = "S3: CreateBucket";
    const name = text(inputs.bucket ?? uniqueName(inputs.bucketPrefix));
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) {
      throw new AwsError(
        "InvalidBucketName",
        `The specified bucket is not valid: ${name}. Expected 3 to 63 lower-case letters, ` +
          "digits, dots and dashes",
        operation,
      );
    }
    if (records.has(keyOf(BUCKET, name))) {
      throw new AwsError(
        "BucketAlreadyOwnedByYou",
        `Your previous request to create the named bucket succeeded and you already own it: ${name}`,
        operation,
      );
    }
    return {
      id: name,
      state: {
        arn: `arn:aws:s3:::${name}`,
        bucket: name,
        bucketDomainName: `${name}.s3.amazonaws.com`,
        bucketRegion: region,
        bucketRegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
      },
    };
  },
  async make({ s3 }, { id, state }) {
    await s3?.createBucket(id, text(state.bucketRegion));
  },
  async unmake({ s3 }, { id, inputs }) {
    if (inputs.forceDestroy === true) {
      await s3?.emptyBucket(id);
    }
    await s3?.deleteBucket(id);
  },
};

/** What is configured of a bucket. It has the bucket's name for its id. */
export const bucketPart: Handler = {
  plan({ records }, inputs) {
    const { id } = existing(records, BUCKET, inputs.bucket, "NoSuchBucket", "specified bucket");
    return { id, state: {} };
  },
};
