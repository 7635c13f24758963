// Required before a Pulumi program: when it ends, writes how many modules it had loaded.
"use strict";
const { writeFileSync } = require("node:fs");
const path = require("node:path");

// The language host runs other programs of Node.js, too.
if (process.argv[1]?.includes(path.join("@pulumi", "pulumi", "cmd", "run"))) {
  process.on("exit", () =>
    writeFileSync(process.env.BENCH_MODULES_FILE, String(Object.keys(require.cache).length)),
  );
}
