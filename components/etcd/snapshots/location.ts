/** An object in S3 or in a store like it. */
export interface S3Location {
  readonly bucket: string;
  readonly key: string;
}

/**
 * The parts of `s3://BUCKET/KEY`; undefined where it is no such text. Only keys that a URL takes as they
 * are (Amazon S3 User Guide, "Bucket naming rules" and "Safe characters").
 */
export function s3Location(text: string): S3Location | undefined {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/([\w./-]+)$/.exec(text);
  return match === null ? undefined : { bucket: match[1]!, key: match[2]! };
}
