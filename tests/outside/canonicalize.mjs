// Whether files are their own RFC 8785 form, says npm canonicalize.
//
//   node canonicalize.mjs FILE...
//
// Exit code 0: all are; 1: one is not; 2: could not be tried.
import fs from "node:fs";
import canonicalize from "canonicalize";

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("usage: canonicalize.mjs FILE...");
  process.exit(2);
}
for (const file of files) {
  const text = fs.readFileSync(file, "utf8");
  const canonical = canonicalize(JSON.parse(text));
  if (canonical !== text) {
    console.error(`${file}: is not in canonical form`);
    process.exit(1);
  }
}
