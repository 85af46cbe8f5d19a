#include "reports/report_machines.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "reports/declared_variables.h"
#include "reports/digest.h"

namespace assay {
namespace {

/// What of a machine's inventory may stand in a report.
constexpr std::array<std::string_view, 15> k_inventory = {
    "cgroup_cpu_max", "cores",      "cpu_model", "cpus_online", "device",
    "devices",        "driver",     "governor",  "kernel",      "memory_total",
    "microcode",      "numa_nodes", "smt",       "turbo_off",   "virtual_machine"};

bool is_inventory(std::string_view name) {
  return std::find(k_inventory.begin(), k_inventory.end(), name) != k_inventory.end();
}

Json::Object allowed(const std::string& canonical, bool (*is_allowed)(std::string_view)) {
  Json::Object kept;
  const Result<Json> value = read_json(canonical);
  if (!value || value->object() == nullptr) {
    return kept;  // a node without a `machine` line has shown nothing
  }
  for (const auto& [name, member] : *value->object()) {
    if (is_allowed(name)) {
      kept.emplace_back(name, member);
    }
  }
  return kept;
}

/// {name, sha256} of each object, nothing else.
Json::Array object_list(const std::string& canonical) {
  Json::Array kept;
  const Result<Json> value = read_json(canonical);
  if (!value || value->array() == nullptr) {
    return kept;
  }
  for (const Json& object : *value->array()) {
    const Json* name = object.find("name");
    const Json* digest = object.find("sha256");
    if (name != nullptr && name->text() != nullptr && digest != nullptr &&
        digest->text() != nullptr) {
      // A file's folder may hold a user's name.
      const std::string& path = *name->text();
      kept.emplace_back(
          Json::Object{{"name", path.substr(path.rfind('/') + 1)}, {"sha256", *digest->text()}});
    }
  }
  return kept;
}

}  // namespace

Json::Array machines_of(const Campaign& campaign) {
  Json::Array machines;
  for (const NodeFacts& facts : campaign.nodes) {
    machines.emplace_back(
        Json::Object{{"closed", facts.closed},
                     {"environment", allowed(facts.environment, is_declared_variable)},
                     {"inventory", allowed(facts.inventory, is_inventory)},
                     {"lines", static_cast<std::int64_t>(facts.lines)},
                     {"node", facts.node},
                     {"objects", hex(sha256(canonical_json(object_list(facts.objects))))}});
  }
  return machines;
}

Json::Object objects_of(const Campaign& campaign) {
  std::map<std::string, Json::Array> lists;
  for (const NodeFacts& facts : campaign.nodes) {
    Json::Array list = object_list(facts.objects);
    std::string digest = hex(sha256(canonical_json(list)));
    lists.emplace(std::move(digest), std::move(list));
  }
  Json::Object objects;
  for (auto& [digest, list] : lists) {
    objects.emplace_back(digest, std::move(list));
  }
  return objects;
}

Json::Array selftests_of(const Campaign& campaign) {
  std::map<std::string, Json::Array> nodes_of;
  for (const NodeFacts& facts : campaign.nodes) {
    nodes_of[facts.selftest].emplace_back(facts.node);
  }
  Json::Array selftests;
  for (auto& [text, nodes] : nodes_of) {
    const Result<Json> selftest = read_json(text);
    selftests.emplace_back(Json::Object{{"nodes", std::move(nodes)},
                                        {"selftest", selftest ? *selftest : Json(nullptr)}});
  }
  return selftests;
}

}  // namespace assay
