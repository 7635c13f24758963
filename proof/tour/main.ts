// npm run lab -- tour: changes and faults of a cluster under load, as one sees them.
import { refuseWords, runCommand } from "../../operator/commandLine";

const usage = `npm run lab -- tour              an upgrade, a lost machine and a new CA under load, and a restore: about ten minutes
npm run lab -- tour --short      an upgrade and a lost machine under load: about three

Ctrl-C ends it at any time. The cluster stays, for you to try things on: npm run lab -- --help`;

runCommand(
  { name: "tour", usage, options: { short: { type: "boolean", default: false } } },
  async ({ short }, words) => {
    refuseWords(words);
    const { tour } = await import("./tour.js");
    return tour({ short });
  },
);
