// assay keygen: a signing key, its pilot certificate, and the policy that trusts just that one.
#include <CLI/CLI.hpp>
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/key_options.h"
#include "harness/run/clock.h"
#include "reports/certificate.h"
#include "reports/files.h"
#include "reports/json.h"
#include "reports/keys.h"
#include "reports/policy.h"

namespace assay {
namespace {

struct KeygenOptions {
  std::string key, certificate, policy, name, organization_identifier, role = "supplier";
  std::int64_t days = 730;
  bool unencrypted = false, json = false;
  PassphraseOptions passphrase;
};

/// Where a file is or will be, whatever `.`, `..` and links its name goes through; none where the
/// name leads nowhere, which whoever writes it finds.
std::optional<std::filesystem::path> place_of(const std::string& path) {
  std::error_code error;
  const auto whole = std::filesystem::absolute(path, error);
  auto place = error ? whole : std::filesystem::weakly_canonical(whole, error);
  return path.empty() || error ? std::nullopt : std::optional(std::move(place));
}

/// The last one written would be all that is left, and without a word.
bool one_file_is_named_twice(const KeygenOptions& options) {
  const auto key = place_of(options.key);
  const auto certificate = place_of(options.certificate);
  const auto policy = place_of(options.policy);
  return (key && (key == certificate || key == policy)) || (policy && certificate == policy);
}

/// All files are checked before the first is made, so that nothing is left half done.
Result<Done> check_files(const KeygenOptions& options) {
  for (const std::string& path : {options.key, options.certificate, options.policy}) {
    std::error_code unknown;
    if (!path.empty() && std::filesystem::exists(std::filesystem::symlink_status(path, unknown))) {
      return Error{Error::Code::bad_input, path + " exists; keys are never overwritten"};
    }
  }
  return Done{};
}

Result<Certificate> make_files(const KeygenOptions& options, const Secret& passphrase) {
  const auto key = PrivateKey::generate();
  if (!key) {
    return key.error();
  }
  constexpr std::int64_t k_day_s = 86'400;
  const std::int64_t now_s = system_clock().utc_ns() / 1'000'000'000;
  auto certificate = make_pilot_certificate(
      *key, {.subject = {.common_name = options.name,
                         .organization = options.name,
                         .organization_identifier = options.organization_identifier},
             .not_before_s = now_s - 60,
             .not_after_s = now_s + options.days * k_day_s});
  if (!certificate) {
    return certificate.error();
  }
  if (const auto done = write_key_file(options.key, *key, passphrase); !done) {
    return done.error();
  }
  if (const auto done = write_file(options.certificate, certificate_to_pem(certificate->der));
      !done) {
    return done.error();
  }
  const auto role = role_from(options.role);
  if (!options.policy.empty() && role) {
    const auto done = write_file(options.policy, write_pilot_policy(*role, certificate->sha256));
    if (!done) {
      return done.error();
    }
  }
  return certificate;
}

int keygen_command(const Console& console, const KeygenOptions& options) {
  keep_memory_private();
  const auto passphrase = passphrase_of(options.passphrase);
  if (!passphrase) {
    return complain(console, passphrase.error().message, exit_code_of(passphrase.error()));
  }
  if (passphrase->empty() != options.unencrypted) {
    return complain(console,
                    options.unencrypted
                        ? "keygen: --unencrypted and a passphrase exclude each other"
                        : "keygen: name a passphrase, or say --unencrypted for a pilot key",
                    k_exit_usage);
  }
  if (one_file_is_named_twice(options)) {
    return complain(console, "keygen: --out, --cert and --policy must be different files",
                    k_exit_usage);
  }
  if (const auto free = check_files(options); !free) {
    return complain(console, free.error().message, exit_code_of(free.error()));
  }
  const auto certificate = make_files(options, *passphrase);
  if (!certificate) {
    return complain(console, certificate.error().message, exit_code_of(certificate.error()));
  }
  const std::string sha256 = hex(certificate->sha256);
  if (options.json) {
    console.out << canonical_json(Json::Object{
                       {"key", options.key},
                       {"certificate", options.certificate},
                       {"policy", options.policy.empty() ? Json() : Json(options.policy)},
                       {"certificate_sha256", sha256}})
                << '\n';
  } else {
    console.out << "key          " << options.key << (options.unencrypted ? " (not encrypted)" : "")
                << "\ncertificate  " << options.certificate << "\n  sha256     " << sha256 << '\n';
    if (!options.policy.empty()) {
      console.out << "policy       " << options.policy << " (trusts this certificate as "
                  << options.role << ")\n";
    }
  }
  return k_exit_ok;
}

}  // namespace

void add_keygen(CLI::App& app, const Shell& shell) {
  auto* command = app.add_subcommand("keygen", "Make a signing key with a pilot certificate");
  const auto options = std::make_shared<KeygenOptions>();
  command->add_option("--out", options->key, "File of the new private key (0600)")->required();
  command->add_option("--cert", options->certificate, "File of its certificate")->required();
  command->add_option("--name", options->name, "Organisation that will sign")->required();
  command->add_option("--organization-id", options->organization_identifier,
                      "Its organizationIdentifier,\nsuch as VATDE-123456789");
  command->add_option("--policy", options->policy,
                      "Also write a verifier's policy that\ntrusts just this certificate");
  command->add_option("--role", options->role, "Role in that policy")
      ->check(CLI::IsMember({"supplier", "buyer", "witness", "lab"}))
      ->capture_default_str();
  command->add_option("--days", options->days, "Validity of the certificate")
      ->check(CLI::Range(1, 3650))
      ->capture_default_str();
  add_passphrase_options(*command, options->passphrase);
  command->add_flag("--unencrypted", options->unencrypted, "A pilot key without a passphrase");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer(
      "Example\n  assay keygen --out key.pem --cert cert.pem --name \"Example AG\" \\\n"
      "               --passphrase-file passphrase.txt --policy policy.json");
  command->callback([&console = shell.console, &chosen = shell.chosen, options] {
    chosen = [&console, options] { return keygen_command(console, *options); };
  });
}

}  // namespace assay
