/** What EC2 would answer: its error code, and its words in the form that the AWS provider shows. */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    words: string,
    readonly operation = "EC2",
  ) {
    super(`operation error ${operation}, api error ${code}: ${words}`);
    this.name = "AwsError";
  }
}
