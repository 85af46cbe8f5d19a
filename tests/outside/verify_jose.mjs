// Verifies a detached JWS with npm jose, each signature with the certificate given for it.
//
//   node verify_jose.mjs REPORT ENVELOPE CERTIFICATE...
//
// Exit code 0: all valid; 1: one is not; 2: could not be tried.
import { createHash, X509Certificate } from "node:crypto";
import fs from "node:fs";
import { errors, flattenedVerify, importX509 } from "jose";

const [report, envelope, ...certificates] = process.argv.slice(2);
if (certificates.length === 0) {
  console.error("usage: verify_jose.mjs REPORT ENVELOPE CERTIFICATE...");
  process.exit(2);
}

const payload = fs.readFileSync(report).toString("base64url");
let signatures;
try {
  ({ signatures } = JSON.parse(fs.readFileSync(envelope, "utf8")));
} catch (error) {
  console.error(`${envelope}: ${error.message}`);
  process.exit(1);
}
if (signatures?.length !== certificates.length) {
  console.error(`${signatures?.length} signatures for ${certificates.length} certificates`);
  process.exit(1);
}

for (const [index, file] of certificates.entries()) {
  const pem = fs.readFileSync(file, "utf8");
  const digest = createHash("sha256").update(new X509Certificate(pem).raw).digest("base64url");
  try {
    const { protectedHeader } = await flattenedVerify(
      { ...signatures[index], payload }, await importX509(pem, "ES256"), { algorithms: ["ES256"] });
    if (protectedHeader["x5t#S256"] !== digest) {
      console.error(`signatures[${index}]: names another certificate`);
      process.exit(1);
    }
  } catch (error) {
    // Anything that isn't a verdict of jose on the signature is a failure of this script.
    const verdict = error instanceof errors.JOSEError;
    console.error(`signatures[${index}]: ${error.message}`);
    process.exit(verdict ? 1 : 2);
  }
}
console.log(`${certificates.length} signatures are valid`);
