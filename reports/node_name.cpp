#include "reports/node_name.h"

#include "reports/campaign.h"

namespace assay {
namespace {

std::string five_digits(std::uint32_t node) {
  std::string digits = std::to_string(node);
  return digits.size() < 5 ? std::string(5 - digits.size(), '0') + digits : digits;
}

}  // namespace

std::string journal_name(std::uint32_t node) {
  return "journal/" + five_digits(node) + ".jsonl";
}
std::string node_name(std::uint32_t node) {
  return "nodes/" + five_digits(node) + ".jws";
}
std::string blob_name(const std::string& sha256) {
  return "blobs/sha256/" + sha256;
}

std::string CampaignPaths::journal(std::uint32_t node) const {
  return folder + "/" + journal_name(node);
}
std::string CampaignPaths::node(std::uint32_t node) const {
  return folder + "/" + node_name(node);
}
std::string CampaignPaths::blob(const std::string& sha256) const {
  return folder + "/" + blob_name(sha256);
}

}  // namespace assay
