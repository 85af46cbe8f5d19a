#include "reports/certificate.h"

#include <array>
#include <ctime>
#include <limits>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "reports/openssl_handles.h"

namespace assay {
namespace {

using ExtensionHandle = Handle<X509_EXTENSION, X509_EXTENSION_free>;

Error refused(const std::string& why) {
  ERR_clear_error();
  return Error{Error::Code::bad_input, why};
}

/// The one value of that name in the subject, "" if there is none. Two would be two identities.
Result<std::string> name_entry(X509* certificate, int nid) {
  const X509_NAME* name = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(name, nid, -1);
  if (at < 0) {
    return std::string();
  }
  if (X509_NAME_get_index_by_NID(name, nid, at) >= 0) {
    return refused(std::string("its subject has two values of ") + OBJ_nid2sn(nid));
  }
  unsigned char* text = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (size < 0) {
    return refused(std::string("its subject has a damaged ") + OBJ_nid2sn(nid));
  }
  std::string value(text, text + size);
  OPENSSL_free(text);
  return value;
}

Result<Subject> subject_of(X509* certificate) {
  Subject subject;
  const std::array<std::pair<int, std::string*>, 3> wanted{
      {{NID_commonName, &subject.common_name},
       {NID_organizationName, &subject.organization},
       {NID_organizationIdentifier, &subject.organization_identifier}}};
  for (const auto& [nid, value] : wanted) {
    auto entry = name_entry(certificate, nid);
    if (!entry) {
      return entry.error();
    }
    *value = std::move(*entry);
  }
  return subject;
}

Result<std::int64_t> seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) {
    return refused("its validity is no time");
  }
  return static_cast<std::int64_t>(::timegm(&parts));
}

Result<Certificate> facts_of(X509* certificate) {
  const auto subject = subject_of(certificate);
  if (!subject) {
    return subject.error();
  }
  const auto from = seconds_of(X509_get0_notBefore(certificate));
  const auto until = seconds_of(X509_get0_notAfter(certificate));
  if (!from || !until) {
    return from ? until.error() : from.error();
  }
  constexpr std::uint32_t k_no_key_usage = std::numeric_limits<std::uint32_t>::max();
  const std::uint32_t usage = X509_get_key_usage(certificate);
  Certificate facts;
  facts.der = der_by(i2d_X509, certificate);
  facts.sha256 = sha256(facts.der);
  facts.public_key = der_by(i2d_X509_PUBKEY, X509_get_X509_PUBKEY(certificate));
  facts.subject = *subject;
  facts.not_before_s = *from;
  facts.not_after_s = *until;
  facts.may_sign =
      usage != k_no_key_usage && (usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0;
  return facts;
}

bool add_name(X509_NAME* name, int nid, const std::string& value) {
  return value.empty() ||
         X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(value.data()),
                                    static_cast<int>(value.size()), -1, 0) == 1;
}

bool add_extension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509V3_set_ctx_nodb(&context);
  const ExtensionHandle extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_random_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return false;
  }
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7FU) | 0x40U);  // positive, of one length
  const BignumHandle number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool fill(X509* certificate, EVP_PKEY* key, const PilotCertificate& wanted) {
  X509_NAME* name = X509_get_subject_name(certificate);
  return X509_set_version(certificate, X509_VERSION_3) == 1 && set_random_serial(certificate) &&
         add_name(name, NID_organizationName, wanted.subject.organization) &&
         add_name(name, NID_organizationIdentifier, wanted.subject.organization_identifier) &&
         add_name(name, NID_commonName, wanted.subject.common_name) &&
         X509_set_issuer_name(certificate, name) == 1 &&
         ASN1_TIME_set(X509_getm_notBefore(certificate), wanted.not_before_s) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), wanted.not_after_s) != nullptr &&
         X509_set_pubkey(certificate, key) == 1 &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature,nonRepudiation") &&
         add_extension(certificate, NID_subject_key_identifier, "hash");
}

}  // namespace

Result<Certificate> read_certificate(std::span<const std::uint8_t> der) {
  const unsigned char* at = der.data();
  const CertificateHandle certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!certificate || at != der.data() + der.size()) {
    return refused("is no certificate");
  }
  auto facts = facts_of(certificate.get());
  if (!facts) {
    return facts;
  }
  if (!std::equal(der.begin(), der.end(), facts->der.begin(), facts->der.end())) {
    return refused("is no certificate in DER");
  }
  ERR_clear_error();
  return facts;
}

Result<std::vector<Bytes>> certificates_from_pem(std::string_view pem) {
  const BioHandle memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<Bytes> certificates;
  while (memory) {
    const CertificateHandle certificate(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
    if (!certificate) {
      break;
    }
    certificates.push_back(der_by(i2d_X509, certificate.get()));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (certificates.empty() || !at_end) {
    return refused(certificates.empty() ? "holds no certificate in PEM"
                                        : "holds a damaged certificate");
  }
  ERR_clear_error();
  return certificates;
}

std::string certificate_to_pem(std::span<const std::uint8_t> der) {
  constexpr std::size_t k_line = 64;
  std::string pem = "-----BEGIN CERTIFICATE-----\n";
  const std::string text = base64(der);
  for (std::size_t i = 0; i < text.size(); i += k_line) {
    pem += text.substr(i, k_line) + "\n";
  }
  return pem + "-----END CERTIFICATE-----\n";
}

Result<Certificate> make_pilot_certificate(const PrivateKey& key, const PilotCertificate& wanted) {
  if (wanted.subject.common_name.empty() || wanted.subject.organization.empty()) {
    return refused("a certificate needs a common name and an organisation");
  }
  if (wanted.not_before_s >= wanted.not_after_s) {
    return refused("a certificate must begin to be valid before it ends");
  }
  auto* pkey = static_cast<EVP_PKEY*>(key.handle());
  const CertificateHandle certificate(X509_new());
  if (!certificate || !fill(certificate.get(), pkey, wanted)) {
    return refused("the certificate's names are no text of 1 to 64 characters");
  }
  if (X509_sign(certificate.get(), pkey, EVP_sha256()) <= 0) {
    return refused("libcrypto could not sign the certificate");
  }
  return read_certificate(der_by(i2d_X509, certificate.get()));
}

}  // namespace assay
