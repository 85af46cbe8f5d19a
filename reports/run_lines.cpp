#include "reports/run_lines.h"

#include <limits>

#include "reports/chain_members.h"
#include "reports/machine_facts.h"
#include "reports/members.h"
#include "reports/operand_seed.h"
#include "reports/readings.h"
#include "reports/time_of_day.h"

namespace assay {
namespace {

Error bad(std::string sentence) {
  return {Error::Code::bad_input, std::move(sentence)};
}

AttemptKey key_of(Members& members) {
  AttemptKey key;
  key.attempt = static_cast<std::uint64_t>(members.whole("attempt"));
  key.clause = members.text("clause");
  key.item = members.text("item");
  const std::int64_t round = members.whole("round");
  if (round < 1 || round > std::numeric_limits<std::uint32_t>::max()) {
    members.fail("round", "must be a number from 1");
    return key;
  }
  key.round = static_cast<std::uint32_t>(round);
  return key;
}

/// A decimal string below 2^63.
std::int64_t decimal63(Members& members, std::string_view name) {
  const Natural value = members.decimal(name);
  if (value > static_cast<Natural>(std::numeric_limits<std::int64_t>::max())) {
    members.fail(name, "must be below 2^63");
    return 0;
  }
  return static_cast<std::int64_t>(value);
}

/// A number for people; it decides nothing.
void skip_number(Members& members, std::string_view name) {
  const Json* value = members.optional(name);
  if (value == nullptr || (value->whole() == nullptr && value->real() == nullptr)) {
    members.fail(name, "must be a number");
  }
}

/// The object is checked by one of the functions below where it is there; it is for people, and
/// decides nothing.
const Json* optional_object(Members& members, std::string_view name) {
  const Json* value = members.optional(name);
  if (value != nullptr && value->object() == nullptr) {
    members.fail(name, "must be an object");
    return nullptr;
  }
  return value;
}

Result<Done> check_ran(const Json& value) {
  Members members(value, "ran");
  for (const std::string_view name : {"library", "version", "kernel", "isa"}) {
    static_cast<void>(members.text(name));
  }
  static_cast<void>(members.whole("threads"));
  return members.done();
}

/// Where the first wrong element stood, and of which operands.
Result<Digest> read_first(const Json& value) {
  Members members(value, "verification.first");
  static_cast<void>(members.whole("block"));
  static_cast<void>(members.whole("step"));
  static_cast<void>(members.decimal("tuple"));
  static_cast<void>(members.whole("slot"));
  static_cast<void>(members.decimal("index"));
  static_cast<void>(members.text("expected"));
  static_cast<void>(members.text("actual"));
  const auto seed = digest_from_hex(members.text("seed"));
  if (!seed) {
    members.fail("seed", "must be a SHA-256 in lower-case hex");
  }
  if (const auto done = members.done(); !done) {
    return done.error();
  }
  return *seed;
}

/// Telemetry is for people, but for the state that the GPU showed and for what shows that bytes
/// were really moved.
Result<Done> read_telemetry(const Json& value, EndLine& end) {
  const auto readings = read_readings(value);
  if (!readings) {
    return readings.error();
  }
  end.shown = shown_gpu(*readings);
  for (const auto& limit : end.shown.power_limit_mw) {
    if (limit && *limit < 0) {
      return bad("telemetry.gpu_power_limit_mw: is " + std::to_string(*limit) +
                 " mW, which is no power limit");
    }
  }
  end.telemetry = *readings;
  return Done{};
}

/// A digest, or "" of an attempt that put nothing out.
OutputDigest outputs_of(Members& members) {
  const std::string text = members.text_or("output_digest", "");
  if (text.empty()) {
    return k_no_outputs;
  }
  const auto digest = digest_from_hex(text);
  if (!digest) {
    members.fail("output_digest", "must be a SHA-256 in lower-case hex");
    return k_no_outputs;
  }
  return *digest;
}

Result<Done> read_verification(const Json& value, EndLine& end) {
  Members members(value, "verification");
  end.tiles = static_cast<std::uint64_t>(members.whole("tiles"));
  end.full = static_cast<std::uint64_t>(members.whole("full"));
  end.share_ppm = static_cast<std::uint64_t>(members.whole("share_ppm"));
  skip_number(members, "log2_miss");
  const Json* first = members.optional("first");
  if (first == nullptr || (!first->is_null() && first->object() == nullptr)) {
    members.fail("first", "must be null or an object");
  }
  Result<Done> done = members.done();
  if (!done || first->is_null()) {
    return done;
  }
  const auto seed = read_first(*first);
  if (!seed) {
    return seed.error();
  }
  end.first_seed = *seed;
  return done;
}

Result<Done> read_blocks(const Json& value, EndLine& end) {
  Members members(value, "blocks");
  BlocksLine blocks;
  blocks.sha256 = members.text("sha256");
  if (!digest_from_hex(blocks.sha256)) {
    members.fail("sha256", "must be a SHA-256 in lower-case hex");
  }
  blocks.bytes = static_cast<std::uint64_t>(members.whole("bytes"));
  blocks.count = static_cast<std::uint64_t>(members.whole("count"));
  blocks.gap_ns = members.whole("gap_ns");
  blocks.shortest_ns = members.whole("shortest_ns");
  end.blocks = std::move(blocks);
  return members.done();
}

void read_numbers(Members& members, EndLine& end) {
  end.work = members.decimal("work");
  end.work_per_step = members.decimal("work_per_step");
  end.elapsed_ns = members.decimal("elapsed_ns");
  end.clock_ns = members.decimal("clock_ns");
  if (members.has("timed_ns")) {
    end.timed_ns = members.decimal("timed_ns");
  }
  end.start_ns = decimal63(members, "start_ns");
  end.checked = static_cast<std::uint64_t>(members.whole("checked"));
  end.wrong = static_cast<std::uint64_t>(members.whole("wrong"));
  end.matching = static_cast<std::uint64_t>(members.whole_or("matching", 0));
}

void read_words(Members& members, EndLine& end) {
  end.note = members.text("note");
  end.serial = members.text("serial");
  if (const auto dimension = dimension_from(members.text("dimension"))) {
    end.dimension = *dimension;
  } else {
    members.fail("dimension", dimension.error().message);
  }
  if (const auto ending = ending_from(members.text("ending")); !ending) {
    members.fail("ending", ending.error().message);
  } else if (*ending == Ending::no_end) {
    members.fail("ending", "a line that ends an attempt can't say that it didn't end");
  } else {
    end.ending = *ending;
  }
}

}  // namespace

Result<BeginLine> read_begin(const Json& line) {
  Members members(line, "");
  take_chain_members(members);
  BeginLine begin;
  begin.key = key_of(members);
  begin.at_ns = take_time(members, "at");
  if (const Result<Done> done = members.done(); !done) {
    return done.error();
  }
  return begin;
}

Result<EndLine> read_end(const Json& line) {
  Members members(line, "");
  take_chain_members(members);
  EndLine end;
  end.key = key_of(members);
  end.at_ns = take_time(members, "at");
  read_words(members, end);
  read_numbers(members, end);
  const Json* ran = optional_object(members, "ran");
  const Json* telemetry = optional_object(members, "telemetry");
  end.says_what_ran = ran != nullptr && telemetry != nullptr;
  end.outputs = outputs_of(members);
  const Json* verification = members.optional("verification");
  const Json* blocks = members.optional("blocks");
  const Json* found = members.optional("found");
  const Json* bound = members.optional("bound");
  if (const Result<Done> done = members.done(); !done) {
    return done.error();
  }
  for (const Result<Done>& checked :
       {ran == nullptr ? Done{} : check_ran(*ran),
        telemetry == nullptr ? Done{} : read_telemetry(*telemetry, end)}) {
    if (!checked) {
      return checked.error();
    }
  }
  if (found != nullptr) {
    auto facts = read_machine_facts(*found, "found");
    if (!facts) {
      return facts.error();
    }
    end.found = std::move(*facts);
  }
  if (bound != nullptr) {
    auto read = read_bound(*bound);
    if (!read) {
      return read.error();
    }
    end.bound = std::move(*read);
  }
  if (verification != nullptr) {
    if (const Result<Done> read = read_verification(*verification, end); !read) {
      return read.error();
    }
  }
  if (blocks != nullptr) {
    if (const Result<Done> read = read_blocks(*blocks, end); !read) {
      return read.error();
    }
  }
  return end;
}

Result<Done> check_end(const EndLine& end) {
  if (end.wrong > end.checked) {
    return bad("wrong: " + std::to_string(end.wrong) + " wrong slots of " +
               std::to_string(end.checked) + " checked");
  }
  if (end.checked != end.tiles && end.blocks) {
    return bad("checked: is " + std::to_string(end.checked) + ", but verification.tiles is " +
               std::to_string(end.tiles));
  }
  if (end.wrong > 0 && end.ending != Ending::wrong_result && end.ending != Ending::device_lost) {
    return bad("ending: is " + std::string(name_of(end.ending)) + ", but " +
               std::to_string(end.wrong) + " slots were wrong");
  }
  if (end.first_seed && end.wrong == 0) {
    return bad("verification.first: names a wrong element, but no slot was wrong");
  }
  if (end.blocks && end.dimension != Dimension::time && end.work_per_step > 0 &&
      end.work % end.work_per_step != 0) {
    return bad("work: is " + to_decimal(end.work) + ", no multiple of work_per_step, " +
               to_decimal(end.work_per_step));
  }
  if (end.ending == Ending::wrong_result && end.wrong == 0) {
    return bad("ending: is wrong_result, but no slot was wrong");
  }
  if ((end.elapsed_ns > 0 || end.work > 0) && !end.blocks) {
    return bad("blocks: is missing, but work or time is stated");
  }
  const bool is_measured = end.blocks && end.ending == Ending::measured;
  if (is_measured && !end.says_what_ran) {
    return bad("ran: or telemetry is missing, but the ending is measured");
  }
  if (is_measured && end.full == 0) {
    return bad("verification.full: is 0, but every window has a slot that is checked as a whole");
  }
  if (is_measured && end.outputs == k_no_outputs) {
    return bad("output_digest: is missing, but the ending is measured");
  }
  if (end.blocks && (end.elapsed_ns == 0 || end.blocks->count == 0)) {
    return bad("elapsed_ns: is 0, but there are blocks");
  }
  return Done{};
}

Result<Done> check_first(const EndLine& end, const Digest& link) {
  if (end.first_seed && *end.first_seed != operand_seed(link, end.key.clause, end.key.round)) {
    return bad("verification.first.seed: is not that of the operands of clause " + end.key.clause +
               " in round " + std::to_string(end.key.round));
  }
  return Done{};
}

Result<Done> check_steps(const EndLine& end) {
  const Natural a_step = end.dimension == Dimension::time ? 1 : end.work_per_step;
  const bool has_steps = end.blocks && end.ending == Ending::measured && a_step > 0;
  if (has_steps && end.work / a_step != end.checked) {
    return bad("checked: is " + std::to_string(end.checked) + ", but work is that of " +
               to_decimal(end.work / a_step) + " steps, each of which is checked");
  }
  return Done{};
}

}  // namespace assay
