// assay sign: adds one party's signature to a campaign's report, after judging it again.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <ostream>
#include <system_error>

#include "harness/cli/commands.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/key_options.h"
#include "harness/cli/unfinished.h"
#include "harness/run/clock.h"
#include "reports/files.h"
#include "reports/jades.h"
#include "reports/json.h"
#include "reports/judge_campaign.h"
#include "reports/keys.h"
#include "reports/sizes.h"

namespace assay {
namespace {

struct SignOptions {
  std::string folder, role, key, certificate;
  bool json = false;
  PassphraseOptions passphrase;
};

/// The report's bytes, if it is what the evidence says and may be signed.
Result<std::string> report_worth_signing(const std::string& folder) {
  const auto judged = judge_campaign(folder, true);
  if (!judged) {
    return judged.error();
  }
  auto report = read_file(CampaignPaths{folder}.report(), k_largest_report);
  if (!report) {
    return report.error();
  }
  if (judged->report != *report) {
    return Error{Error::Code::bad_input,
                 folder + "/report.json is not what the evidence says; it is not signed"};
  }
  const Campaign& campaign = judged->campaign;
  if (campaign.contract.purpose == Purpose::acceptance && !campaign.evidence.marks.empty()) {
    return Error{Error::Code::bad_input, folder + ": evidence marked '" +
                                             campaign.evidence.marks.front() +
                                             "' can't be signed as acceptance"};
  }
  return report;
}

Result<std::vector<Certificate>> read_chain(const std::string& path) {
  const auto pem = read_named_file(path, std::size_t{1} << 20U);
  if (!pem) {
    return pem.error();
  }
  const auto ders = certificates_from_pem(*pem);
  if (!ders) {
    return Error{Error::Code::bad_input, path + ": " + ders.error().message};
  }
  std::vector<Certificate> chain;
  for (const Bytes& der : *ders) {
    auto certificate = read_certificate(der);
    if (!certificate) {
      return Error{Error::Code::bad_input, path + ": " + certificate.error().message};
    }
    chain.push_back(*std::move(certificate));
  }
  return chain;
}

/// Two that sign at once would each write its own signature alone. Waits for the other, if the file
/// system can; a folder that can't be opened is told of by whoever reads it.
class SigningLock {
 public:
  explicit SigningLock(const std::string& folder)
      : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    while (descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX) != 0) {
      if (errno != EINTR) {
        why_not_ = std::generic_category().message(errno);
        break;
      }
    }
  }
  SigningLock(const SigningLock&) = delete;
  SigningLock& operator=(const SigningLock&) = delete;
  ~SigningLock() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }

  [[nodiscard]] const std::string& why_not() const { return why_not_; }  ///< "" where it is held.

 private:
  int descriptor_;
  std::string why_not_;
};

Result<Certificate> sign_report(const Console& console, const SignOptions& options) {
  const auto passphrase = passphrase_of(options.passphrase);
  if (!passphrase) {
    return passphrase.error();
  }
  const auto key = read_key_file(options.key, *passphrase);
  if (!key) {
    return key.error();
  }
  auto chain = read_chain(options.certificate);
  if (!chain) {
    return chain.error();
  }
  const auto report = report_worth_signing(options.folder);
  if (!report) {
    return report.error();
  }
  if (const std::string advice = advice_if_unfinished(options.folder); !advice.empty()) {
    complain(console, "warning: " + advice, k_exit_ok);
  }
  const std::string path = CampaignPaths{options.folder}.signatures();
  const SigningLock lock(options.folder);
  if (!lock.why_not().empty()) {
    complain(console,
             "warning: " + options.folder + " can't be locked (" + lock.why_not() +
                 "): let nobody else sign at the same time",
             k_exit_ok);
  }
  const auto envelope = read_file(path, k_envelope_bytes);
  if (!envelope && envelope.error().code != Error::Code::not_found) {
    return envelope.error();
  }
  const auto fitting = envelope ? drop_outdated(*envelope, *report) : FittingSignatures{};
  if (!fitting) {
    return Error{fitting.error().code, path + ": " + fitting.error().message};
  }
  const auto role = role_from(options.role);
  const auto signed_envelope =
      add_signature(fitting->envelope, *report,
                    {.key = *key, .chain = *chain, .role = role.value_or(Role::supplier)},
                    system_clock().utc_ns() / 1'000'000'000);
  if (!signed_envelope) {
    return Error{signed_envelope.error().code, path + ": " + signed_envelope.error().message};
  }
  if (const auto done = write_file(path, *signed_envelope); !done) {
    return done.error();
  }
  for (const Certificate& signer : fitting->dropped) {
    complain(console,
             path + ": dropped the signature of " + signer.subject.organization +
                 ", which is over another report than this one (certificate " + hex(signer.sha256) +
                 ")",
             k_exit_ok);
  }
  return chain->front();
}

int sign_command(const Console& console, const SignOptions& options) {
  keep_memory_private();
  const auto certificate = sign_report(console, options);
  if (!certificate) {
    return complain(console, certificate.error().message, exit_code_of(certificate.error()));
  }
  const std::string path = CampaignPaths{options.folder}.signatures();
  const std::string sha256 = hex(certificate->sha256);
  if (options.json) {
    console.out << canonical_json(Json::Object{{"file", printable(path)},
                                               {"role", options.role},
                                               {"certificate_sha256", sha256}})
                << '\n';
  } else {
    console.out << "signed as " << options.role << ": " << path << "\n  by "
                << certificate->subject.organization << ", certificate\n  " << sha256 << '\n';
  }
  return k_exit_ok;
}

}  // namespace

void add_sign(CLI::App& app, const Shell& shell) {
  auto* command = app.add_subcommand("sign", "Sign a campaign's report in a role");
  const auto options = std::make_shared<SignOptions>();
  command->add_option("DIR", options->folder, "Folder of the campaign")->required();
  command->add_option("--role", options->role, "In which role")
      ->required()
      ->check(CLI::IsMember({"supplier", "buyer", "witness", "lab"}));
  command->add_option("--key", options->key, "Private key, PEM, mode 0600")->required();
  command->add_option("--cert", options->certificate, "Its certificate, then intermediates, PEM")
      ->required();
  add_passphrase_options(*command, options->passphrase);
  command->add_flag("--json", options->json, "Print JSON");
  command->footer(
      "Example\n  assay sign out/campaign --role supplier --key key.pem --cert cert.pem \\\n"
      "             --passphrase-file passphrase.txt");
  command->callback([&console = shell.console, &chosen = shell.chosen, options] {
    chosen = [&console, options] { return sign_command(console, *options); };
  });
}

}  // namespace assay
