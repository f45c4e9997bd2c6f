// Holds the .glb files of a folder against Khronos' validator, which npm has installed
// into that folder, and prints what it finds. It exits with 1 if there are errors or
// warnings, or no files.
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const folder = resolve(process.argv[2]);
const validator = createRequire(join(folder, "package.json"))("gltf-validator");
const names = (await readdir(folder)).filter((name) => name.endsWith(".glb")).sort();
let bad = 0;
for (const name of names) {
  const bytes = new Uint8Array(await readFile(join(folder, name)));
  const { issues } = await validator.validateBytes(bytes, { uri: name, maxIssues: 100 });
  for (const m of issues.messages) {
    console.log(`${name}: ${["error", "warning", "information", "hint"][m.severity]} ${m.code} at ${m.pointer}: ${m.message}`);
  }
  bad += issues.numErrors + issues.numWarnings;
}
console.log(`${names.length} models, ${bad} errors and warnings by glTF validator ${validator.version()}`);
process.exit(bad > 0 || names.length === 0 ? 1 : 0);
