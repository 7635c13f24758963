/**
 * Pulumi's SDK takes a stack trace for each promise that it makes, and what runs TypeScript translates
 * every one to the lines of its source: 1.7 s of a `pulumi up` of 82 resources. Such a trace is of an error
 * without a message, and only PULUMI_DEBUG_PROMISE_LEAKS shows it. Errors that say something keep theirs.
 *
 * Translated, the SDK's own files lie directly in the folder of its scope, and Node.js never comes back from
 * printing such a line in colour (`markNodeModules` in lib/internal/util/inspect.js; seen with 20.20.2): a
 * failing `pulumi up` hung for ever. So their paths are given the package's name again.
 */
const translate = Error.prepareStackTrace?.bind(Error);
if (translate !== undefined) {
  const all = process.env["PULUMI_DEBUG_PROMISE_LEAKS"] !== undefined;
  Error.prepareStackTrace = (error, frames): unknown => {
    if (error.message === "" && !all) {
      return String(error);
    }
    const trace: unknown = translate(error, frames);
    return typeof trace === "string" ? inPackages(trace) : trace;
  };
}

/** A stack trace in which every file of a scope is in one of its packages. */
export function inPackages(trace: string): string {
  return trace.replaceAll(/(node_modules[/\\]@pulumi[/\\])(?=[\w.-]+(?::\d|\)|$))/gm, "$1pulumi/");
}
