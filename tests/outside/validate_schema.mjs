// Checks files against schemas/ with ajv, a JSON Schema validator that is not ours.
//
//   node validate_schema.mjs contracts ROOT       every shipped contract; and that bad ones fail
//   node validate_schema.mjs campaign ROOT DIR    session, journals, report of a campaign
//   node validate_schema.mjs policy ROOT FILE     a verifier's policy
import fs from "node:fs";
import path from "node:path";
import Ajv2020 from "ajv/dist/2020.js";

const [mode, root, target] = process.argv.slice(2);
let failures = 0;

function fail(sentence) {
  failures += 1;
  console.error(sentence);
}

function read(...parts) {
  return JSON.parse(fs.readFileSync(path.join(...parts), "utf8"));
}

// strictRequired is off: "one of these two members" names members that another subschema declares.
const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allErrors: true });
const schemas = new Map();
for (const file of fs.readdirSync(path.join(root, "schemas"))) {
  schemas.set(file.replace(".schema.json", ""), ajv.compile(read(root, "schemas", file)));
}

function expectValid(schema, value, name) {
  const validate = schemas.get(schema);
  if (!validate(value)) {
    fail(`${name}: ${ajv.errorsText(validate.errors)}`);
  }
}

function expectInvalid(schema, value, name) {
  if (schemas.get(schema)(value)) {
    fail(`${name}: the schema takes it, and should not`);
  }
}

// Each changes a valid contract into one that must not pass.
const badContracts = {
  "unknown member": (c) => { c.colour = "red"; },
  "unknown member of a clause": (c) => { c.clauses[0].colour = "red"; },
  "unknown member of a line": (c) => { c.inventory[0].colour = "red"; },
  "unknown member of a party": (c) => { c.parties.buyer.mail = "x"; },
  "other schema": (c) => { c.schema = "assay.contract/2"; },
  "no clauses": (c) => { c.clauses = []; },
  "no inventory": (c) => { delete c.inventory; },
  "no conditions": (c) => { delete c.conditions; },
  "empty population": (c) => { c.clauses[0].population = []; },
  "line twice": (c) => { c.clauses[0].population = ["a", "a"]; },
  "id with a blank": (c) => { c.id = "a b"; },
  "line called system": (c) => { c.inventory[0].id = "system"; },
  "bare number": (c) => { c.clauses[0].at_least = 7; },
  "number without unit": (c) => { c.clauses[0].at_least = "7"; },
  "unknown unit": (c) => { c.clauses[0].at_least = "7 TBps"; },
  "separator": (c) => { c.clauses[0].at_least = "7,000 GB/s"; },
  "exponent": (c) => { c.clauses[0].at_least = "7e3 GB/s"; },
  "sign": (c) => { c.clauses[0].at_least = "-7 TB/s"; },
  "leading zero": (c) => { c.clauses[0].at_least = "07 TB/s"; },
  "two limits": (c) => { c.clauses[0].at_most = "8 TB/s"; },
  "no limit": (c) => { delete c.clauses[0].at_least; delete c.clauses[0].at_most_plausible; },
  "no plausible bound": (c) => { delete c.clauses[0].at_most_plausible; },
  "the other side's bound": (c) => { c.clauses[0].at_least_plausible = "1 TB/s"; },
  "no window": (c) => { delete c.clauses[0].window; },
  "window that is no time": (c) => { c.clauses[0].window = "300 W"; },
  "no concurrency": (c) => { delete c.clauses[0].concurrent; },
  "default concurrency": (c) => { c.clauses[0].concurrent = "unstated"; },
  "unknown rule": (c) => { c.clauses[0].rule = "best-of-3"; },
  "limit that zero_wrong does not judge": (c) => { c.clauses[0].rule = "zero_wrong"; },
  "events without poisson": (c) => { c.clauses[0].at_most_events = 1; },
  "aggregate of an item": (c) => { c.clauses[0].aggregate = "sum"; },
  "system without aggregate": (c) => { c.clauses[0].scope = "system"; },
  "quantile without quantile": (c) => { Object.assign(c.clauses[0], { scope: "system", aggregate: "quantile" }); },
  "sum one at a time": (c) => { Object.assign(c.clauses[0], { scope: "system", aggregate: "sum", concurrent: "one_at_a_time" }); },
  "provisional without floor": (c) => { c.clauses[0].provisional = true; },
  "floor without provisional": (c) => { c.clauses[0].freeze_not_below = "6 TB/s"; },
  "FLOP/s without its qualifiers": (c) => { c.clauses[0].at_least = "7 TFLOP/s"; },
  "real parameter": (c) => { c.clauses[0].params.array_mib = 0.5; },
  "negative parameter": (c) => { c.clauses[0].params.array_mib = -1; },
  "defect class 4": (c) => { c.clauses[0].defect_class = 4; },
  "61 days": (c) => { c.sessions.days = 61; },
  "11 excuses": (c) => { c.max_invalid = 11; },
  "language that is none": (c) => { c.title = { english: "x" }; },
};

function checkContracts() {
  let count = 0;
  for (const file of fs.readdirSync(path.join(root, "contracts"), { recursive: true })) {
    if (file.endsWith(".json")) {
      expectValid("contract-1", read(root, "contracts", file), file);
      count += 1;
    }
  }
  const good = read(root, "contracts", "dgx-b200-node.json");
  good.clauses = good.clauses.filter((clause) => clause.at_least !== undefined);
  for (const [name, change] of Object.entries(badContracts)) {
    const contract = structuredClone(good);
    change(contract);
    expectInvalid("contract-1", contract, name);
  }
  console.log(`${count} contracts pass, ${Object.keys(badContracts).length} bad ones are refused`);
}

function checkCampaign() {
  expectValid("contract-1", read(target, "contract.json"), "contract.json");
  expectValid("session-1", read(target, "session.json"), "session.json");
  expectInvalid("session-1", { ...read(target, "session.json"), colour: "red" }, "session with a colour");
  let lines = 0;
  for (const file of fs.readdirSync(path.join(target, "journal"))) {
    const text = fs.readFileSync(path.join(target, "journal", file), "utf8");
    for (const line of text.split("\n").filter((one) => one !== "")) {
      lines += 1;
      const value = JSON.parse(line);
      expectValid("run-1", value, `journal/${file}:${lines}`);
      expectInvalid("run-1", { ...value, colour: "red" }, `journal/${file}:${lines} with a colour`);
    }
  }
  if (lines === 0) {
    fail("no journal line was found");
  }
  const report = read(target, "report.json");
  expectValid("report-1", report, "report.json");
  expectInvalid("report-1", { ...report, colour: "red" }, "report with a colour");
  console.log(`session, ${lines} journal lines and report pass`);
}

function checkPolicy() {
  const policy = read(target);
  expectValid("policy-1", policy, target);
  expectInvalid("policy-1", { ...policy, colour: "red" }, "policy with a colour");
  expectInvalid("policy-1", { ...policy, algorithms: ["none"] }, "policy that takes any algorithm");
  expectInvalid("policy-1", { ...policy, signers: [] }, "policy without signers");
  console.log("policy passes");
}

const modes = { contracts: checkContracts, campaign: checkCampaign, policy: checkPolicy };
if (!(mode in modes) || root === undefined || (mode !== "contracts" && target === undefined)) {
  console.error("usage: validate_schema.mjs contracts ROOT | campaign ROOT DIR | policy ROOT FILE");
  process.exit(64);
}
modes[mode]();
process.exit(failures === 0 ? 0 : 1);
