import * as path from "node:path";

/** The folder that holds package.json. */
export const projectRoot = path.resolve(__dirname, "..");

/** Everything the lab writes on this machine lives here; git ignores it. */
export const labDir = path.join(projectRoot, ".lab");
