#include "reports/machine_facts.h"

#include <utility>

#include "harness/model/xid.h"
#include "reports/members.h"

namespace assay {
namespace {

constexpr const char* k_not_asked = "not asked for";

/// Collects an object's facts and the reasons for those that are not shown.
class Writer {
 public:
  template <class T>
  void operator()(const char* name, const Fact<T>& fact) {
    if (fact.value) {
      object_.emplace_back(name, *fact.value);
    } else {
      reasons_.emplace_back(name, fact.reason.empty() ? k_not_asked : fact.reason);
    }
  }
  void member(const char* name, Json value) { object_.emplace_back(name, std::move(value)); }

  Json::Object finish() {
    if (!reasons_.empty()) {
      object_.emplace_back("not_shown", std::move(reasons_));
    }
    return std::move(object_);
  }

 private:
  Json::Object object_;
  Json::Object reasons_;
};

/// Reads an object that a Writer wrote.
class Reader {
 public:
  Reader(const Json& value, const std::string& place)
      : members_(value, place),
        reasons_(members_.has("not_shown") ? members_.object("not_shown") : nullptr) {}

  template <class T>
  void operator()(const char* name, Fact<T>& fact) {
    const Json* reason = reasons_ == nullptr ? nullptr : reasons_->find(name);
    if (reason == nullptr) {
      read(name, fact.value.emplace());
      return;
    }
    ++found_reasons_;
    if (members_.has(name) || reason->text() == nullptr || reason->text()->empty()) {
      members_.fail(name, "must either be shown or have a reason in not_shown");
      return;
    }
    fact.reason = *reason->text();
  }
  Members& members() { return members_; }

  [[nodiscard]] Result<Done> done() {
    if (reasons_ != nullptr && reasons_->object()->size() != found_reasons_) {
      members_.fail("not_shown", "names what is no fact");
    }
    return members_.done();
  }

 private:
  void read(const char* name, std::string& value) { value = members_.text(name); }
  void read(const char* name, std::int64_t& value) { value = members_.whole(name); }
  void read(const char* name, bool& value) {
    if (!members_.has(name)) {
      members_.fail(name, "is missing");
      return;
    }
    value = members_.boolean_or(name, false);
  }

  Members members_;
  const Json* reasons_;
  std::size_t found_reasons_ = 0;
};

Json::Array json_of(const std::vector<LinkFacts>& links) {
  Json::Array array;
  for (const LinkFacts& link : links) {
    Writer writer;
    writer.member("link", link.link);
    each_link_fact(link, [&writer](const char* name, const auto& fact) { writer(name, fact); });
    array.emplace_back(writer.finish());
  }
  return array;
}

Json::Object json_of(const GpuFacts& gpu) {
  Writer writer;
  writer.member("index", gpu.index);
  if (!gpu.lost.empty()) {
    writer.member("lost", gpu.lost);
    return writer.finish();
  }
  each_fact(gpu, [&writer](const char* name, const auto& fact) { writer(name, fact); });
  writer.member("nvlinks", json_of(gpu.nvlinks));
  return writer.finish();
}

Json::Object json_of(const HostFacts& host) {
  Writer writer;
  writer("boot_id", host.boot_id);
  writer("cpu_cores", host.cpu_cores);
  writer("memory_bytes", host.memory_bytes);
  return writer.finish();
}

Json::Object json_of(const XidLog& log) {
  if (!log.reason.empty()) {
    return {{"reason", log.reason}};
  }
  Json::Array lines;
  for (const XidLine& line : log.lines) {
    lines.emplace_back(Json::Object{{"record", line.record}, {"text", line.text}});
  }
  return {{"first_record", log.first_record},           {"last_record", log.last_record},
          {"left_out_counting", log.left_out_counting}, {"left_out_failing", log.left_out_failing},
          {"left_out_recorded", log.left_out_recorded}, {"lines", std::move(lines)}};
}

std::uint32_t count_of(Members& members, std::string_view name) {
  constexpr std::int64_t k_most = std::int64_t{1} << 30U;
  const std::int64_t value = members.whole(name);
  if (value > k_most) {
    members.fail(name, "is more than " + std::to_string(k_most));
    return 0;
  }
  return static_cast<std::uint32_t>(value);
}

Result<LinkFacts> read_link(const Json& value, const std::string& place) {
  Reader reader(value, place);
  LinkFacts link;
  link.link = count_of(reader.members(), "link");
  each_link_fact(link, [&reader](const char* name, auto& fact) { reader(name, fact); });
  const auto done = reader.done();
  return done ? Result<LinkFacts>(std::move(link)) : Result<LinkFacts>(done.error());
}

/// Every element of the member `name`, each by `read(value, place)`.
template <class T, class Read>
void read_list(Members& members, const char* name, std::vector<T>& list, Read read) {
  const Json* array = members.array(name);
  for (std::size_t i = 0; array != nullptr && i < array->array()->size(); ++i) {
    auto element = read((*array->array())[i], "[" + std::to_string(i) + "]");
    if (!element) {
      members.fail(name, element.error().message);
      return;
    }
    list.push_back(std::move(*element));
  }
}

Result<GpuFacts> read_gpu(const Json& value, const std::string& place) {
  Reader reader(value, place);
  GpuFacts gpu;
  gpu.index = count_of(reader.members(), "index");
  if (reader.members().has("lost")) {
    gpu.lost = reader.members().text("lost");
    if (gpu.lost.empty()) {
      reader.members().fail("lost", "is empty");
    }
  } else {
    each_fact(gpu, [&reader](const char* name, auto& fact) { reader(name, fact); });
    read_list(reader.members(), "nvlinks", gpu.nvlinks, read_link);
  }
  const auto done = reader.done();
  return done ? Result<GpuFacts>(std::move(gpu)) : Result<GpuFacts>(done.error());
}

Result<HostFacts> read_host(const Json& value, const std::string& place) {
  Reader reader(value, place);
  HostFacts host;
  reader("boot_id", host.boot_id);
  reader("cpu_cores", host.cpu_cores);
  reader("memory_bytes", host.memory_bytes);
  const auto done = reader.done();
  return done ? Result<HostFacts>(std::move(host)) : Result<HostFacts>(done.error());
}

Result<XidLine> read_xid_line(const Json& value, const std::string& place) {
  Members members(value, place);
  XidLine line{.record = members.whole("record"), .text = members.text("text")};
  if (!parse_xid(line.text)) {
    members.fail("text", "is no Xid");
  }
  const auto done = members.done();
  return done ? Result<XidLine>(std::move(line)) : Result<XidLine>(done.error());
}

void read_log(Members& members, XidLog& log) {
  log.first_record = members.whole("first_record");
  log.last_record = members.whole("last_record");
  log.left_out_counting = count_of(members, "left_out_counting");
  log.left_out_failing = count_of(members, "left_out_failing");
  log.left_out_recorded = count_of(members, "left_out_recorded");
  read_list(members, "lines", log.lines, read_xid_line);
  if (log.lines.size() > k_most_xid_lines) {
    members.fail("lines", "has more than " + std::to_string(k_most_xid_lines));
  }
  if (log.last_record < log.first_record) {
    members.fail("last_record", "is before first_record");
  }
  std::int64_t previous = -1;
  for (const XidLine& line : log.lines) {
    if (line.record <= previous || line.record > log.last_record) {
      members.fail("lines", "has record " + std::to_string(line.record) +
                                " out of order or after last_record");
    }
    previous = line.record;
  }
}

Result<XidLog> read_xids(const Json& value, const std::string& place) {
  Members members(value, place);
  XidLog log;
  if (members.has("reason")) {
    log.reason = members.text("reason");
    if (log.reason.empty()) {
      members.fail("reason", "is empty");
    }
  } else {
    read_log(members, log);
  }
  const auto done = members.done();
  return done ? Result<XidLog>(std::move(log)) : Result<XidLog>(done.error());
}

template <class T, class Read>
void read_part(Members& members, const char* name, T& part, Read read) {
  const Json* value = members.object(name);
  if (value == nullptr) {
    return;
  }
  auto result = read(*value, "");
  if (result) {
    part = std::move(*result);
  } else {
    members.fail(name, result.error().message);
  }
}

}  // namespace

Json::Object json_of(const MachineFacts& facts) {
  Writer writer;
  writer("driver", facts.driver);
  writer("gpu_count", facts.gpu_count);
  Json::Array gpus;
  for (const GpuFacts& gpu : facts.gpus) {
    gpus.emplace_back(json_of(gpu));
  }
  writer.member("gpus", std::move(gpus));
  writer.member("host", json_of(facts.host));
  writer.member("source", facts.source);
  writer.member("xids", json_of(facts.xids));
  return writer.finish();
}

Result<MachineFacts> read_machine_facts(const Json& value, const std::string& place) {
  Reader reader(value, place);
  Members& members = reader.members();
  MachineFacts facts;
  reader("driver", facts.driver);
  reader("gpu_count", facts.gpu_count);
  read_list(members, "gpus", facts.gpus, read_gpu);
  read_part(members, "host", facts.host, read_host);
  read_part(members, "xids", facts.xids, read_xids);
  facts.source = members.text("source");
  if (facts.source != "nvml" && facts.source != "host" && facts.source != "replay") {
    members.fail("source", "must be nvml, host or replay");
  }
  const auto done = reader.done();
  return done ? Result<MachineFacts>(std::move(facts)) : Result<MachineFacts>(done.error());
}

Result<std::vector<MachineFacts>> read_recording(std::string_view text) {
  const auto json = read_json(text);
  if (!json) {
    return json.error();
  }
  Members members(*json, "");
  if (members.text("schema") != "assay.machine/1") {
    members.fail("schema", "must be assay.machine/1");
  }
  static_cast<void>(members.text_or("about", ""));
  std::vector<MachineFacts> looks;
  read_list(members, "looks", looks, read_machine_facts);
  if (looks.empty()) {
    members.fail("looks", "must hold at least one look");
  }
  if (const auto done = members.done(); !done) {
    return done.error();
  }
  for (MachineFacts& look : looks) {
    look.source = "replay";
  }
  return looks;
}

}  // namespace assay
