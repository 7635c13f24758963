/**
 * Pulumi's SDK takes a stack trace for each promise that it makes, and what runs TypeScript translates
 * every one to the lines of its source: 1.7 s of a `pulumi up` of 82 resources. Such a trace is of an error
 * without a message, and only PULUMI_DEBUG_PROMISE_LEAKS shows it. Errors that say something keep theirs.
 */
const translate = Error.prepareStackTrace?.bind(Error);
if (translate !== undefined && !process.env["PULUMI_DEBUG_PROMISE_LEAKS"]) {
  Error.prepareStackTrace = (error, frames): unknown =>
    error.message === "" ? String(error) : translate(error, frames);
}
