// Writes what the outside verifiers are tried on: a report, its signatures by two parties, their
// certificates, an encrypted key and a pilot policy. Usage: outside_sample FOLDER
#include <sys/stat.h>

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <iostream>

#include "reports/files.h"
#include "reports/jades.h"
#include "reports/json.h"
#include "reports/policy.h"

namespace {

using namespace assay;

struct Party {
  PrivateKey key;
  Certificate certificate;
};

Result<Party> party(const std::string& name, const std::string& organization, std::int64_t now_s) {
  constexpr std::int64_t k_day = 86'400;
  const auto key = PrivateKey::generate();
  if (!key) {
    return key.error();
  }
  const auto certificate =
      make_pilot_certificate(*key, {.subject = {name, organization, "VATDE-123456789"},
                                    .not_before_s = now_s - k_day,
                                    .not_after_s = now_s + 365 * k_day});
  if (!certificate) {
    return certificate.error();
  }
  return Party{*key, *certificate};
}

/// Values on which canonical writers differ: digits, layout, order of names, escapes.
std::string sample_report() {
  return canonical_json(
      Json::Object{{"schema", "assay.report/1"},
                   {"numbers", Json::Array{1e21, 1e-7, 0.000001, 333333333.33333329, 5e-324,
                                           176464984554736.88, -0.0, 56.0, 9007199254740991}},
                   {"\xEF\xAC\xB3", "U+FB33"},
                   {"\xF0\x9F\x98\x82", "U+1F602"},
                   {"1", "\b\t\n\f\r\x0f\"\\/\x7f"},
                   {"10", Json()},
                   {"", true},
                   {"M\xC3\xBCnchen", Json::Object{}}});
}

Result<Done> write_sample(const std::string& folder, std::int64_t now_s) {
  const auto supplier = party("Sample signer", "Sample supplier", now_s);
  const auto buyer = party("Sample witness", "Sample buyer", now_s);
  if (!supplier || !buyer) {
    return supplier ? buyer.error() : supplier.error();
  }
  const std::string report = sample_report();
  const auto one =
      add_signature("", report, {supplier->key, {supplier->certificate}, Role::supplier}, now_s);
  const auto both =
      one ? add_signature(*one, report, {buyer->key, {buyer->certificate}, Role::buyer}, now_s)
          : one;
  const Secret passphrase("correct horse");
  const auto pem = supplier->key.to_pem(passphrase);
  if (!both || !pem) {
    return both ? pem.error() : both.error();
  }
  const std::pair<const char*, std::string> files[] = {
      {"report.json", report},
      {"report.sig.json", *both},
      {"1.pem", certificate_to_pem(supplier->certificate.der)},
      {"2.pem", certificate_to_pem(buyer->certificate.der)},
      {"policy.json", write_pilot_policy(Role::supplier, supplier->certificate.sha256)},
      {"key.pem", std::string(pem->text())},
      {"passphrase", std::string(passphrase.text())}};
  for (const auto& [name, bytes] : files) {
    if (auto written = write_file(folder + "/" + name, bytes, 0600); !written) {
      return written;
    }
  }
  return Done{};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: outside_sample FOLDER\n";
    return 2;
  }
  const std::string folder = argv[1];
  const auto made = make_folder(folder);
  const auto written = made ? write_sample(folder, std::time(nullptr)) : made;
  if (!written) {
    std::cerr << written.error().message << '\n';
    return 1;
  }
  return 0;
}
