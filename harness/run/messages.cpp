#include "harness/run/messages.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "harness/run/repeat_messages.h"
#include "reports/machine_facts.h"
#include "reports/members.h"

namespace assay {
namespace {

constexpr std::int64_t k_largest_count = std::numeric_limits<std::uint32_t>::max();

std::string decimal(std::int64_t value) {
  return to_decimal(static_cast<Natural>(std::max<std::int64_t>(value, 0)));
}

std::int64_t nanoseconds(Members& members, std::string_view name) {
  const Natural value = members.decimal(name);
  if (value > static_cast<Natural>(std::numeric_limits<std::int64_t>::max())) {
    members.fail(name, "is no time");
    return 0;
  }
  return static_cast<std::int64_t>(value);
}

std::uint64_t count_from(Members& members, std::string_view name) {
  return static_cast<std::uint64_t>(nanoseconds(members, name));
}

Digest digest_from(Members& members, std::string_view name) {
  const auto digest = digest_from_hex(members.text(name));
  if (!digest) {
    members.fail(name, "is no digest");
    return {};
  }
  return *digest;
}

void read_params(Members& job, Params& params) {
  const Json* object = job.object("params");
  if (object == nullptr) {
    return;
  }
  for (const auto& [name, value] : *object->object()) {
    if (value.text() == nullptr) {
      job.fail("params", "holds a value that is no string");
      return;
    }
    params.emplace(name, *value.text());
  }
}

constexpr std::array<std::pair<Job::Kind, std::string_view>, 4> k_job_kinds{
    {{Job::Kind::measure, "measure"},
     {Job::Kind::find, "find"},
     {Job::Kind::selftest, "selftest"},
     {Job::Kind::repeat, "repeat"}}};

std::string_view name_of(Job::Kind kind) {
  return k_job_kinds.at(static_cast<std::size_t>(kind)).second;
}

Json json_of(const InventoryRequest& request) {
  return Json::Object{{"gpu", request.gpu ? Json(*request.gpu) : Json()},
                      {"look", request.look},
                      {"needs_gpus", request.needs_gpus}};
}

void read_find(Members& job, InventoryRequest& request) {
  const Json* object = job.object("find");
  if (object == nullptr) {
    return;
  }
  Members members(*object, "find");
  if (const Json* gpu = members.optional("gpu"); gpu != nullptr && !gpu->is_null()) {
    request.gpu = static_cast<std::uint32_t>(members.whole("gpu"));
  }
  request.look = static_cast<std::uint32_t>(members.whole("look"));
  request.needs_gpus = members.boolean_or("needs_gpus", false);
  if (auto done = members.done(); !done) {
    job.fail("find", done.error().message);
  }
}

struct Condition {
  const char* name;
  std::optional<Quantity> Conditions::*member;
};
constexpr std::array<Condition, 4> k_conditions{
    {{"block_gap", &Conditions::block_gap},
     {"clock_disagreement", &Conditions::clock_disagreement},
     {"session_spread", &Conditions::session_spread},
     {"start_skew", &Conditions::start_skew}}};

Json::Object json_of(const Conditions& conditions) {
  Json::Object object;
  for (const auto& [name, member] : k_conditions) {
    if (const auto& quantity = conditions.*member) {
      object.emplace_back(name, quantity->text);
    }
  }
  return object;
}

void read_conditions(Members& job, Conditions& conditions) {
  const Json* object = job.object("conditions");
  if (object == nullptr) {
    return;
  }
  Members members(*object, "conditions");
  for (const auto& [name, member] : k_conditions) {
    if (!members.has(name)) {
      continue;
    }
    auto quantity = parse_quantity(members.text(name));
    if (quantity) {
      conditions.*member = std::move(*quantity);
    } else {
      members.fail(name, quantity.error().message);
    }
  }
  if (auto done = members.done(); !done) {
    job.fail("conditions", done.error().message);
  }
}

Json::Object json_of(const Device& device) {
  return {{"architecture", device.architecture},
          {"id", device.id},
          {"model", device.model},
          {"multiprocessors", device.multiprocessors},
          {"serial", device.serial}};
}

Json json_of(const std::vector<MappedFile>& files) {
  Json::Array array;
  for (const auto& file : files) {
    array.push_back(
        Json::Object{{"device", file.device}, {"inode", file.inode}, {"path", file.path}});
  }
  return array;
}

Json::Object write(const Ready& ready) {
  return {{"device", json_of(ready.device)},
          {"dimension", name_of(ready.dimension)},
          {"files", json_of(ready.files)},
          {"kind", "ready"},
          {"mark", ready.mark},
          {"ran", json_of(ready.ran)},
          {"work_per_step", to_decimal(ready.work_per_step)}};
}

Json::Object write(const Measured& measured) {
  const WindowResult& window = measured.window;
  return {{"blocks", base64(bytes_of(encode(window.blocks)))},
          {"clock_ns", decimal(window.clock_ns)},
          {"first", json_of(window.first)},
          {"kind", "measured"},
          {"late", window.late},
          {"log2_miss", std::isfinite(window.log2_miss) ? window.log2_miss : 0.0},
          {"output_digest", window.output_digest},
          {"readings", json_of(measured.readings)},
          {"start_utc_ns", decimal(window.start_utc_ns)}};
}

Json::Object write(const FoundFacts& found) {
  return {{"facts", json_of(found.facts)}, {"kind", "found"}};
}

Json::Object write(const SelftestResult& result) {
  return {{"checks", json_of(result)}, {"kind", "selftest"}};
}

Json::Object write(const Repeated& repeated) {
  return json_of(repeated);
}

Json::Object write(const Failed& failed) {
  return {{"ending", name_of(failed.ending)}, {"kind", "error"}, {"note", failed.note}};
}

template <class T>
Result<Answer> finish(const Members& members, T value) {
  if (auto done = members.done(); !done) {
    return done.error();
  }
  return Answer(std::move(value));
}

Ran read_ran(Members& ready) {
  Ran ran;
  if (const Json* value = ready.object("ran")) {
    Members members(*value, "ran");
    ran = {.software = members.text("library"),
           .version = members.text("version"),
           .kernel = members.text("kernel"),
           .isa = members.text("isa"),
           .threads = static_cast<std::uint32_t>(members.whole_up_to("threads", k_largest_count))};
    if (auto done = members.done(); !done) {
      ready.fail("ran", done.error().message);
    }
  }
  return ran;
}

Result<Answer> read_ready(Members& members) {
  Ready ready;
  ready.ran = read_ran(members);
  ready.mark = members.text("mark");
  ready.work_per_step = members.decimal("work_per_step");
  const auto dimension = dimension_from(members.text("dimension"));
  if (!dimension) {
    return dimension.error();
  }
  ready.dimension = *dimension;
  if (const Json* value = members.object("device")) {
    Members device(*value, "device");
    ready.device = {.id = device.text("id"),
                    .model = device.text("model"),
                    .serial = device.text("serial"),
                    .architecture = device.text("architecture"),
                    .multiprocessors = static_cast<std::uint32_t>(
                        device.whole_up_to("multiprocessors", k_largest_count))};
    if (auto done = device.done(); !done) {
      return done.error();
    }
  }
  if (const Json* files = members.array("files")) {
    for (const Json& value : *files->array()) {
      Members file(value, "files");
      ready.files.push_back(
          {.path = file.text("path"), .device = file.text("device"), .inode = file.text("inode")});
      if (auto done = file.done(); !done) {
        return done.error();
      }
    }
  }
  return finish(members, std::move(ready));
}

void read_first(Members& members, std::optional<BlockMismatch>& first) {
  const Json* value = members.optional("first");
  if (value == nullptr || value->is_null()) {
    return;
  }
  Members mismatch(*value, "first");
  first = BlockMismatch{.block = static_cast<std::uint32_t>(mismatch.whole("block")),
                        .step = read_step(mismatch),
                        .mismatch = {.step = static_cast<std::uint32_t>(mismatch.whole("step")),
                                     .index = count_from(mismatch, "index"),
                                     .expected = mismatch.text("expected"),
                                     .actual = mismatch.text("actual")}};
  if (auto done = mismatch.done(); !done) {
    members.fail("first", done.error().message);
  }
}

Result<Answer> read_measured(Members& members) {
  Measured measured;
  WindowResult& window = measured.window;
  const auto bytes = from_base64(members.text("blocks"));
  if (!bytes) {
    return bytes.error();
  }
  auto blocks = decode_blocks(text_of(*bytes));
  if (!blocks) {
    return blocks.error();
  }
  window.blocks = std::move(*blocks);
  window.clock_ns = nanoseconds(members, "clock_ns");
  window.start_utc_ns = nanoseconds(members, "start_utc_ns");
  window.late = members.boolean_or("late", false);
  window.output_digest = members.text("output_digest");
  if (const Json* miss = members.optional("log2_miss")) {
    window.log2_miss = miss->real() != nullptr    ? *miss->real()
                       : miss->whole() != nullptr ? static_cast<double>(*miss->whole())
                                                  : 0.0;
  }
  read_first(members, window.first);
  if (const Json* object = members.object("readings")) {
    auto readings = read_readings(*object);
    if (!readings) {
      return readings.error();
    }
    measured.readings = std::move(*readings);
  }
  return finish(members, std::move(measured));
}

Result<Answer> read_found(Members& members) {
  const Json* value = members.object("facts");
  if (value == nullptr) {
    return finish(members, FoundFacts{});
  }
  auto facts = read_machine_facts(*value, "facts");
  return facts ? finish(members, FoundFacts{std::move(*facts)}) : Result<Answer>(facts.error());
}

Result<Answer> read_selftest(Members& members) {
  SelftestResult result;
  if (const Json* checks = members.array("checks")) {
    for (const Json& value : *checks->array()) {
      Members check(value, "checks");
      result.checks.push_back({.name = check.text("name"),
                               .caught = check.boolean_or("caught", false),
                               .by = check.text("by")});
      if (auto done = check.done(); !done) {
        return done.error();
      }
    }
  }
  return finish(members, std::move(result));
}

Result<Answer> read_failed(Members& members) {
  const auto ending = ending_from(members.text("ending"));
  if (!ending) {
    return ending.error();
  }
  if (*ending == Ending::measured || *ending == Ending::no_end) {
    members.fail("ending", "is none a worker can have failed with");
  }
  Failed failed{.ending = *ending, .note = members.text("note")};
  return finish(members, std::move(failed));
}

}  // namespace

Json::Object json_of(const Ran& ran) {
  return {{"isa", ran.isa},
          {"kernel", ran.kernel},
          {"library", ran.software},
          {"threads", ran.threads},
          {"version", ran.version}};
}

Json::Array json_of(const SelftestResult& result) {
  Json::Array checks;
  for (const auto& check : result.checks) {
    checks.push_back(
        Json::Object{{"by", check.by}, {"caught", check.caught}, {"name", check.name}});
  }
  return checks;
}

Json json_of(const std::optional<BlockMismatch>& first) {
  if (!first) {
    return nullptr;
  }
  return Json::Object{{"actual", first->mismatch.actual},
                      {"block", first->block},
                      {"expected", first->mismatch.expected},
                      {"index", to_decimal(first->mismatch.index)},
                      {"slot", first->step.slot},
                      {"step", first->mismatch.step},
                      {"tuple", to_decimal(first->step.tuple)}};
}

std::string write_job(const Job& job) {
  Json::Object params;
  for (const auto& [name, value] : job.params) {
    params.emplace_back(name, value);
  }
  const WindowPlan& window = job.window;
  return canonical_json(Json::Object{{"attempt", to_decimal(window.attempt)},
                                     {"backend", job.backend},
                                     {"case", job.case_id},
                                     {"check_share_ppm", window.check_share_ppm},
                                     {"clause", window.clause},
                                     {"collectives", job.selftest.has_collectives},
                                     {"conditions", json_of(job.selftest.conditions)},
                                     {"device", job.device},
                                     {"item", window.item},
                                     {"find", json_of(job.find)},
                                     {"fio", job.selftest.has_fio},
                                     {"gpu_files", job.selftest.has_gpu_files},
                                     {"kind", name_of(job.kind)},
                                     {"link", hex(window.link)},
                                     {"params", std::move(params)},
                                     {"repeat", json_of(job.repeat)},
                                     {"round", job.round},
                                     {"scratch", job.scratch},
                                     {"seed", hex(job.selftest.seed)},
                                     {"shortest_block_ns", decimal(window.shortest_block_ns)},
                                     {"soak_ns", decimal(window.soak_ns)},
                                     {"window_ns", decimal(window.window_ns)}});
}

Result<Job> read_job(std::string_view line) {
  const auto json = read_canonical_json(line);
  if (!json) {
    return json.error();
  }
  Members members(*json, "job");
  Job job;
  const std::string kind = members.text("kind");
  for (const auto& [known, name] : k_job_kinds) {
    if (name == kind) {
      job.kind = known;
    }
  }
  if (kind != name_of(job.kind)) {
    members.fail("kind", "'" + kind + "' is none of a job");
  }
  read_find(members, job.find);
  job.backend = members.text("backend");
  job.device = members.text("device");
  job.case_id = members.text("case");
  read_params(members, job.params);
  job.repeat = read_repeat_plan(members);
  job.round = static_cast<std::uint32_t>(members.whole("round"));
  job.scratch = members.text("scratch");
  WindowPlan& window = job.window;
  window.attempt = count_from(members, "attempt");
  window.check_share_ppm = members.whole("check_share_ppm");
  window.clause = members.text("clause");
  window.item = members.text("item");
  window.link = digest_from(members, "link");
  window.shortest_block_ns = nanoseconds(members, "shortest_block_ns");
  window.soak_ns = nanoseconds(members, "soak_ns");
  window.window_ns = nanoseconds(members, "window_ns");
  job.selftest.seed = digest_from(members, "seed");
  read_conditions(members, job.selftest.conditions);
  job.selftest.has_collectives = members.boolean_or("collectives", false);
  job.selftest.has_fio = members.boolean_or("fio", false);
  job.selftest.has_gpu_files = members.boolean_or("gpu_files", false);
  if (auto done = members.done(); !done) {
    return done.error();
  }
  return job;
}

std::string write_go(const Go& go) {
  return canonical_json(Json::Object{{"kind", "go"}, {"start_utc_ns", decimal(go.start_utc_ns)}});
}

Result<Go> read_go(std::string_view line) {
  const auto json = read_canonical_json(line);
  if (!json) {
    return json.error();
  }
  Members members(*json, "go");
  if (members.text("kind") != "go") {
    members.fail("kind", "is not go");
  }
  const Go go{.start_utc_ns = nanoseconds(members, "start_utc_ns")};
  if (auto done = members.done(); !done) {
    return done.error();
  }
  return go;
}

std::string write_answer(const Answer& answer) {
  return canonical_json(std::visit([](const auto& what) { return write(what); }, answer));
}

Result<Answer> read_answer(std::string_view line) {
  const auto json = read_canonical_json(line);
  if (!json) {
    return json.error();
  }
  Members members(*json, "answer");
  const std::string kind = members.text("kind");
  if (kind == "ready") {
    return read_ready(members);
  }
  if (kind == "measured") {
    return read_measured(members);
  }
  if (kind == "found") {
    return read_found(members);
  }
  if (kind == "selftest") {
    return read_selftest(members);
  }
  if (kind == "repeated") {
    return finish(members, read_repeated(members));
  }
  if (kind == "error") {
    return read_failed(members);
  }
  return Error{Error::Code::bad_input, "answer.kind: '" + kind + "' is none that a worker gives"};
}

}  // namespace assay
