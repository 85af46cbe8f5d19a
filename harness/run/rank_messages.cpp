#include "harness/run/rank_messages.h"

#include <array>
#include <utility>

#include "reports/digest.h"
#include "reports/json.h"
#include "reports/members.h"

namespace assay {
namespace {

constexpr std::array<std::string_view, 8> k_commands = {"start",   "prepare", "run",  "check",
                                                        "witness", "flip",    "join", "look"};
constexpr std::array<std::string_view, 5> k_records = {"hello", "done", "failed", "ended", "alive"};

template <class Kind, class Names>
Kind kind_from(Members& members, const Names& names) {
  const std::string word = members.text("kind");
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names.at(i) == word) {
      return static_cast<Kind>(i);
    }
  }
  members.fail("kind", "is none of a rank's");
  return Kind{};
}

template <class Number>
Json numbers(const std::vector<Number>& values) {
  Json::Array array;
  for (const Number value : values) {
    array.emplace_back(static_cast<std::int64_t>(value));
  }
  return array;
}

template <class Number>
std::vector<Number> numbers_from(Members& members, std::string_view name) {
  std::vector<Number> values;
  if (!members.has(name)) {
    return values;
  }
  if (const Json* array = members.array(name)) {
    for (const Json& value : *array->array()) {
      if (value.whole() == nullptr) {
        members.fail(name, "holds no whole numbers");
        return {};
      }
      values.push_back(static_cast<Number>(*value.whole()));
    }
  }
  return values;
}

/// Tuple and slot, step after step.
Json json_of(const std::vector<Step>& steps) {
  Json::Array array;
  for (const Step& step : steps) {
    array.emplace_back(static_cast<std::int64_t>(step.tuple));
    array.emplace_back(step.slot);
  }
  return array;
}

std::vector<Step> steps_from(Members& members) {
  const auto values = numbers_from<std::uint64_t>(members, "steps");
  std::vector<Step> steps;
  for (std::size_t i = 0; i + 1 < values.size(); i += 2) {
    steps.push_back({.tuple = values[i], .slot = static_cast<std::uint32_t>(values[i + 1])});
  }
  return steps;
}

void read_bytes(Members& members, std::string_view name, std::vector<std::uint8_t>& bytes) {
  if (auto read = from_base64(members.text_or(name, ""))) {
    bytes = *std::move(read);
  } else {
    members.fail(name, read.error().message);
  }
}

Json json_of(const CollectiveProblem& problem) {
  return Json::Object{{"bytes", to_decimal(problem.bytes)},
                      {"in_place", problem.in_place},
                      {"op", static_cast<std::int64_t>(problem.op)},
                      {"pattern", static_cast<std::int64_t>(problem.pattern)},
                      {"ranks", problem.ranks},
                      {"type", name_of(problem.type)}};
}

Json json_of(const TransformerProblem& layer) {
  return Json::Object{{"batch", to_decimal(layer.batch)},
                      {"ffn", to_decimal(layer.ffn)},
                      {"head_dim", to_decimal(layer.head_dim)},
                      {"heads", to_decimal(layer.heads)},
                      {"hidden", to_decimal(layer.hidden)},
                      {"kv_heads", to_decimal(layer.kv_heads)},
                      {"ranks", layer.ranks},
                      {"seq", to_decimal(layer.seq)},
                      {"type", name_of(layer.input)}};
}

void read_layer(Members& command, std::optional<TransformerProblem>& layer) {
  const Json* object = command.optional("layer");
  if (object == nullptr) {
    return;
  }
  Members members(*object, "layer");
  const auto number = [&members](std::string_view name) {
    return static_cast<std::uint64_t>(members.decimal(name));
  };
  layer = TransformerProblem{.batch = number("batch"),
                             .seq = number("seq"),
                             .hidden = number("hidden"),
                             .ffn = number("ffn"),
                             .heads = number("heads"),
                             .kv_heads = number("kv_heads"),
                             .head_dim = number("head_dim"),
                             .ranks = static_cast<std::uint32_t>(members.whole("ranks"))};
  if (const auto type = number_type_from(members.text("type"))) {
    layer->input = *type;
  }
  if (auto done = members.done(); !done) {
    command.fail("layer", done.error().message);
  }
}

void read_problem(Members& command, CollectiveProblem& problem) {
  const Json* object = command.object("problem");
  if (object == nullptr) {
    return;
  }
  Members members(*object, "problem");
  problem.bytes = static_cast<std::uint64_t>(members.decimal("bytes"));
  problem.in_place = members.boolean_or("in_place", false);
  problem.op = static_cast<CollectiveProblem::Op>(members.whole("op"));
  problem.pattern = static_cast<CollectiveProblem::Pattern>(members.whole("pattern"));
  problem.ranks = static_cast<std::uint32_t>(members.whole("ranks"));
  if (const auto type = number_type_from(members.text("type"))) {
    problem.type = *type;
  }
  if (auto done = members.done(); !done) {
    command.fail("problem", done.error().message);
  }
}

Json json_of(const Mismatch& first) {
  return Json::Object{{"actual", first.actual},
                      {"expected", first.expected},
                      {"index", to_decimal(first.index)},
                      {"step", first.step}};
}

void read_first(Members& record, std::optional<Mismatch>& first) {
  const Json* object = record.optional("first");
  if (object == nullptr) {
    return;
  }
  Members members(*object, "first");
  first = Mismatch{.step = static_cast<std::uint32_t>(members.whole("step")),
                   .index = static_cast<std::uint64_t>(members.decimal("index")),
                   .expected = members.text("expected"),
                   .actual = members.text("actual")};
  if (auto done = members.done(); !done) {
    record.fail("first", done.error().message);
  }
}

/// Offset, round trip or -1, bytes over TCP, over verbs or -1, over NVLink or -1.
std::vector<std::int64_t> seen_by(const RankRecord& record) {
  const ClockOffset clock = record.clock.value_or(ClockOffset{.round_trip_ns = -1});
  return {clock.offset_ns, clock.round_trip_ns, record.transport.tcp_bytes,
          record.transport.verbs_bytes.value_or(-1), record.transport.nvlink_bytes.value_or(-1)};
}

void take_seen(const std::vector<std::int64_t>& seen, RankRecord& record) {
  constexpr std::size_t k_seen = 5;
  const auto counted = [&](std::size_t at) {
    return seen[at] < 0 ? std::nullopt : std::optional(seen[at]);
  };
  if (seen.size() == k_seen) {
    if (seen[1] >= 0) {
      record.clock = {.offset_ns = seen[0], .round_trip_ns = seen[1]};
    }
    record.transport.tcp_bytes = seen[2];
    record.transport.verbs_bytes = counted(3);
    record.transport.nvlink_bytes = counted(4);
  }
}

}  // namespace

std::string write_rank_command(const RankCommand& command) {
  Json::Object object{{"kind", k_commands.at(static_cast<std::size_t>(command.kind))}};
  switch (command.kind) {
    case RankCommand::Kind::start:
      object.emplace_back("problem", json_of(command.work.problem));
      if (command.work.layer) {
        object.emplace_back("layer", json_of(*command.work.layer));
      }
      object.emplace_back("seed", hex(command.seed));
      object.emplace_back("yields", command.yields);
      break;
    case RankCommand::Kind::join:
      object.emplace_back("limit_ns", to_decimal(static_cast<Natural>(command.limit_ns)));
      object.emplace_back("ticket", base64(command.ticket));
      break;
    case RankCommand::Kind::run:
      object.emplace_back("lead_ns", command.lead_ns);
      object.emplace_back("limit_ns", to_decimal(static_cast<Natural>(command.limit_ns)));
      [[fallthrough]];
    case RankCommand::Kind::prepare:
    case RankCommand::Kind::witness: object.emplace_back("steps", json_of(command.steps)); break;
    case RankCommand::Kind::check:
      object.emplace_back("full", numbers(command.full));
      object.emplace_back("seed", hex(command.seed));
      object.emplace_back("steps", json_of(command.steps));
      break;
    case RankCommand::Kind::flip:
      object.emplace_back("bit", to_decimal(command.bit));
      object.emplace_back("slot", command.slot);
      break;
    case RankCommand::Kind::look: object.emplace_back("measures", command.measures); break;
  }
  return canonical_json(object);
}

Result<RankCommand> read_rank_command(std::string_view line) {
  const auto json = read_json(line);
  if (!json) {
    return json.error();
  }
  Members members(*json, "");
  RankCommand command;
  command.kind = kind_from<RankCommand::Kind>(members, k_commands);
  if (command.kind == RankCommand::Kind::start) {
    read_problem(members, command.work.problem);
    read_layer(members, command.work.layer);
    command.yields = members.boolean_or("yields", false);
  } else if (command.kind == RankCommand::Kind::flip) {
    command.bit = static_cast<std::uint64_t>(members.decimal("bit"));
    command.slot = static_cast<std::uint32_t>(members.whole("slot"));
  } else if (command.kind == RankCommand::Kind::join) {
    command.limit_ns = static_cast<std::int64_t>(members.decimal("limit_ns"));
    read_bytes(members, "ticket", command.ticket);
  } else if (command.kind == RankCommand::Kind::look) {
    command.measures = members.boolean_or("measures", false);
  } else {
    command.lead_ns = members.whole_or("lead_ns", 0);
    if (command.kind == RankCommand::Kind::run) {
      command.limit_ns = static_cast<std::int64_t>(members.decimal("limit_ns"));
    }
    command.steps = steps_from(members);
    command.full = numbers_from<std::uint32_t>(members, "full");
  }
  if (members.has("seed")) {
    const auto seed = digest_from_hex(members.text("seed"));
    command.seed = seed ? *seed : Seed{};
  }
  if (auto done = members.done(); !done) {
    return done.error();
  }
  return command;
}

std::string write_rank_record(const RankRecord& record) {
  Json::Object object{{"kind", k_records.at(static_cast<std::size_t>(record.kind))}};
  if (record.kind == RankRecord::Kind::failed) {
    object.emplace_back("gave_up", record.gave_up);
    object.emplace_back("lost_device", record.lost_device);
    object.emplace_back("note", record.note);
    object.emplace_back("unsupported", record.unsupported);
  } else if (record.kind == RankRecord::Kind::done) {
    object.emplace_back("bytes", base64(record.bytes));
    object.emplace_back("device_ns", numbers(record.device_ns));
    object.emplace_back("end_ns", numbers(record.end_ns));
    object.emplace_back("late_ns", numbers(record.late_ns));
    object.emplace_back("layer", record.layer);
    object.emplace_back("library", record.software);
    object.emplace_back("look", numbers(seen_by(record)));
    object.emplace_back("nvlink_fault", record.transport.nvlink_fault);
    object.emplace_back("place", record.place);
    object.emplace_back("product_rate", record.product_rate);
    object.emplace_back("rank", record.rank);
    object.emplace_back("ranks", record.ranks);
    object.emplace_back("settings", record.settings);
    object.emplace_back("ticket", base64(record.ticket));
    object.emplace_back("verbs_fault", record.transport.verbs_fault);
    object.emplace_back("wrong", numbers(record.wrong));
    if (record.first) {
      object.emplace_back("first", json_of(*record.first));
    }
  }
  return canonical_json(object);
}

Result<RankRecord> read_rank_record(std::string_view line) {
  const auto json = read_json(line);
  if (!json) {
    return json.error();
  }
  Members members(*json, "");
  RankRecord record;
  record.kind = kind_from<RankRecord::Kind>(members, k_records);
  record.note = members.text_or("note", "");
  record.unsupported = members.boolean_or("unsupported", false);
  record.layer = members.text_or("layer", "");
  record.product_rate = members.whole_or("product_rate", 0);
  record.lost_device = members.boolean_or("lost_device", false);
  record.gave_up = members.boolean_or("gave_up", false);
  record.settings = members.text_or("settings", "");
  record.device_ns = numbers_from<std::int64_t>(members, "device_ns");
  record.software = members.text_or("library", "");
  take_seen(numbers_from<std::int64_t>(members, "look"), record);
  record.transport.verbs_fault = members.text_or("verbs_fault", "");
  record.transport.nvlink_fault = members.text_or("nvlink_fault", "");
  record.place = static_cast<std::uint32_t>(members.whole_or("place", 0));
  record.rank = static_cast<std::uint32_t>(members.whole_or("rank", 0));
  record.ranks = static_cast<std::uint32_t>(members.whole_or("ranks", 0));
  record.end_ns = numbers_from<std::int64_t>(members, "end_ns");
  record.late_ns = numbers_from<std::int64_t>(members, "late_ns");
  record.wrong = numbers_from<std::uint32_t>(members, "wrong");
  read_bytes(members, "bytes", record.bytes);
  read_bytes(members, "ticket", record.ticket);
  read_first(members, record.first);
  if (auto done = members.done(); !done) {
    return done.error();
  }
  return record;
}

}  // namespace assay
