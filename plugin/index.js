// What `pulumi package add` runs. Pulumi compiles TypeScript here with all its checks, which takes 12 s.
require("tsx/cjs");
module.exports = require("./index.ts");
