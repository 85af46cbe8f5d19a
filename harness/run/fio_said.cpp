#include "harness/run/fio_said.h"

#include <charconv>
#include <cstdlib>
#include <utility>

#include "harness/model/natural.h"
#include "reports/json.h"

namespace assay {
namespace {

constexpr std::int64_t k_ms = 1'000'000;

Error bad(const std::string& what) {
  return {Error::Code::not_witnessed, "fio's result can't be used: " + what};
}

/// A whole number from 0; -1 where there is none.
std::int64_t whole(const Json& object, std::string_view name) {
  const Json* const found = object.find(name);
  const std::int64_t* const value = found == nullptr ? nullptr : found->whole();
  return value == nullptr || *value < 0 ? -1 : *value;
}

std::optional<FioBins> bins_of(const Json& transfer) {
  const Json* const latency = transfer.find("lat_ns");
  const Json* const found = latency == nullptr ? nullptr : latency->find("bins");
  const Json::Object* const members = found == nullptr ? nullptr : found->object();
  if (members == nullptr) {
    return std::nullopt;
  }
  FioBins bins;
  for (const auto& [name, count] : *members) {
    std::int64_t latency_ns = -1;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), latency_ns);
    if (read.ec != std::errc() || read.ptr != name.data() + name.size() || latency_ns < 0 ||
        count.whole() == nullptr || *count.whole() < 0) {
      return std::nullopt;
    }
    bins[latency_ns] += *count.whole();
  }
  return bins;
}

Result<FioTransfer> transfer_of(const Json& job, std::string_view name) {
  const std::string who(name);
  const Json* const found = job.find(name);
  if (found == nullptr) {
    return bad("'" + who + "' is missing");
  }
  std::map<std::string_view, std::int64_t> numbers;
  for (const char* const member :
       {"io_bytes", "runtime", "total_ios", "bw_bytes", "short_ios", "drop_ios"}) {
    numbers[member] = whole(*found, member);
    if (numbers[member] < 0) {
      return bad("'" + who + "." + member + "' is no whole number");
    }
  }
  constexpr std::int64_t k_most_ms = 1'000'000'000;
  if (numbers["runtime"] > k_most_ms) {
    return bad("'" + who + ".runtime' is " + std::to_string(numbers["runtime"]) + " ms");
  }
  FioTransfer transfer{.bytes = static_cast<std::uint64_t>(numbers["io_bytes"]),
                       .requests = static_cast<std::uint64_t>(numbers["total_ios"]),
                       .runtime_ns = numbers["runtime"] * k_ms};
  if (transfer.requests == 0 && transfer.bytes > 0) {
    return bad("'" + who + "' has moved " + std::to_string(transfer.bytes) +
               " bytes with no request");
  }
  if (transfer.requests == 0) {
    return transfer;  // has no bins
  }
  if (numbers["short_ios"] > 0 || numbers["drop_ios"] > 0) {
    return bad("requests of '" + who + "' were cut short or dropped");
  }
  const Natural moved = Natural{transfer.bytes} * 1000;
  const Natural said =
      static_cast<Natural>(numbers["bw_bytes"]) * static_cast<Natural>(numbers["runtime"]);
  const Natural apart = moved > said ? moved - said : said - moved;
  if (numbers["runtime"] == 0 || apart > moved / 100) {
    return bad("'" + who + ".bw_bytes' is " + std::to_string(numbers["bw_bytes"]) + ", and not " +
               std::to_string(transfer.bytes) + " bytes in " + std::to_string(numbers["runtime"]) +
               " ms");
  }
  auto bins = bins_of(*found);
  std::uint64_t binned = 0;
  for (const auto& [latency, count] : bins ? *bins : FioBins{}) {
    binned += static_cast<std::uint64_t>(count);
  }
  if (!bins || binned != transfer.requests) {
    return bad("the bins of '" + who + "' hold " + std::to_string(binned) + " of its " +
               std::to_string(transfer.requests) + " requests");
  }
  transfer.latencies = *std::move(bins);
  return transfer;
}

/// From the first line that is a brace; warnings stand before it.
std::string_view json_in(std::string_view text) {
  while (!text.empty() && text.substr(0, 2) != "{\n") {
    const auto end = text.find('\n');
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return text;
}

}  // namespace

Result<FioSaid> read_fio(std::string_view text) {
  const auto json = read_json(json_in(text));
  if (!json) {
    return bad(json.error().message);
  }
  const Json* const version = json->find("fio version");
  const Json* const jobs = json->find("jobs");
  if (version == nullptr || version->text() == nullptr || jobs == nullptr ||
      jobs->array() == nullptr || jobs->array()->size() != 1) {
    return bad("it has no version or not the one job");
  }
  const Json& job = jobs->array()->front();
  if (whole(job, "error") != 0) {
    return bad("the job ended with an error");
  }
  auto read = transfer_of(job, "read");
  auto written = transfer_of(job, "write");
  if (!read || !written) {
    return read ? written.error() : read.error();
  }
  return FioSaid{
      .version = *version->text(), .read = *std::move(read), .written = *std::move(written)};
}

std::optional<std::int64_t> quantile_of(const FioBins& bins, std::int64_t per_mille) {
  constexpr std::int64_t k_mille = 1000;
  std::int64_t all = 0;
  for (const auto& [latency, count] : bins) {
    all += count;
  }
  std::int64_t so_far = 0;
  for (const auto& [latency, count] : bins) {
    so_far += count;
    if (Natural(so_far) * k_mille >= Natural(all) * Natural(per_mille) && count > 0) {
      return latency;
    }
  }
  return std::nullopt;
}

}  // namespace assay
