/** Whatever really keeps the objects of the AWS double's buckets. */
export interface S3Host {
  /** @param region where the bucket is to be, such as "us-east-1" */
  createBucket(bucket: string, region: string): Promise<void>;
  /** Deletes every object of a bucket. */
  emptyBucket(bucket: string): Promise<void>;
  /** @throws AwsError BucketNotEmpty while there are objects in it */
  deleteBucket(bucket: string): Promise<void>;
}
