import * as pulumi from "@pulumi/pulumi";

/**
 * An error that Pulumi shows as its text alone, for use inside `apply`.
 *
 * It has no stack: of an error with one, the language host formats a report for its own tracing, with
 * the promise that it rejected and all that hangs on it. In a program of this size that takes minutes.
 */
export function runError(text: string): pulumi.RunError {
  const error = new pulumi.RunError(text);
  error.stack = "";
  return error;
}
