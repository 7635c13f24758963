import { AwsError } from "../../../lab/aws/errors";
import type { S3Host } from "../../../lab/aws/s3Host";

/** Buckets with the keys of their objects, and no server behind them. */
export class FakeS3 implements S3Host {
  readonly buckets = new Map<string, string[]>();

  async createBucket(bucket: string): Promise<void> {
    this.buckets.set(bucket, []);
  }

  async emptyBucket(bucket: string): Promise<void> {
    this.buckets.set(bucket, []);
  }

  async deleteBucket(bucket: string): Promise<void> {
    if ((this.buckets.get(bucket) ?? []).length > 0) {
      throw new AwsError("BucketNotEmpty", "The bucket you tried to delete is not empty");
    }
    this.buckets.delete(bucket);
  }
}
