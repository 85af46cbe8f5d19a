#include "reports/keys.h"

#include <algorithm>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "reports/openssl_handles.h"

namespace assay {
namespace {

constexpr int k_pbkdf2_rounds = 600'000;
constexpr std::size_t k_half = 32;  ///< Bytes of r, and of s.
constexpr std::string_view k_spki_start = "3059301306072a8648ce3d020106082a8648ce3d03010703420004";
constexpr std::size_t k_spki_bytes = 91;

using PbeHandle = Handle<X509_ALGOR, X509_ALGOR_free>;
using PlainKeyHandle = Handle<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
using SealedKeyHandle = Handle<X509_SIG, X509_SIG_free>;

Error refused(const std::string& why) {
  return Error{Error::Code::bad_input, why};
}

Error library_failed(const std::string& what) {
  ERR_clear_error();
  return Error{Error::Code::io, "libcrypto could not " + what};
}

EVP_PKEY* pkey_of(const std::shared_ptr<void>& key) {
  return static_cast<EVP_PKEY*>(key.get());
}

int as_int(std::size_t size) {
  return static_cast<int>(size);
}

Secret content_of(BIO* memory) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(memory, &data);
  return Secret(std::string(data, static_cast<std::size_t>(size)));
}

/// A memory BIO that is overwritten when freed.
BioHandle secret_memory() {
  return BioHandle(BIO_new(BIO_s_secmem()));
}

SealedKeyHandle seal(PKCS8_PRIV_KEY_INFO* plain, const Secret& passphrase) {
  constexpr int k_salt_bytes = 16;
  PbeHandle pbe(PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), k_pbkdf2_rounds, nullptr, k_salt_bytes,
                                  nullptr, NID_hmacWithSHA256));
  if (!pbe) {
    return nullptr;
  }
  SealedKeyHandle sealed(
      PKCS8_set0_pbe(passphrase.text().data(), as_int(passphrase.text().size()), plain, pbe.get()));
  if (sealed) {
    static_cast<void>(pbe.release());  // now part of `sealed`
  }
  return sealed;
}

/// What a passphrase callback of libcrypto is given, so that it never asks on the terminal.
int give_passphrase(char* buffer, int size, int /*writing*/, void* passphrase) {
  const std::string_view text = static_cast<const Secret*>(passphrase)->text();
  if (text.size() > static_cast<std::size_t>(size)) {
    return -1;
  }
  std::copy(text.begin(), text.end(), buffer);
  return as_int(text.size());
}

/// r or s as a number, or nullptr if no signature has it.
BignumHandle half_of(std::span<const std::uint8_t> bytes) {
  // The order of P-256 (FIPS 186-5).
  constexpr std::string_view k_order =
      "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";
  BIGNUM* parsed = nullptr;
  BN_hex2bn(&parsed, std::string(k_order).c_str());
  const BignumHandle order(parsed);
  BignumHandle number(BN_bin2bn(bytes.data(), as_int(bytes.size()), nullptr));
  const bool possible =
      number && order && BN_is_zero(number.get()) == 0 && BN_cmp(number.get(), order.get()) < 0;
  return possible ? std::move(number) : nullptr;
}

/// R || S as the DER that libcrypto verifies; empty if it is no signature.
Bytes der_of(std::span<const std::uint8_t> raw) {
  Bytes der;
  BignumHandle r = half_of(raw.first(k_half));
  BignumHandle s = half_of(raw.last(k_half));
  const SignatureHandle pair(ECDSA_SIG_new());
  if (!r || !s || !pair || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) {
    return der;
  }
  static_cast<void>(r.release());  // now part of `pair`
  static_cast<void>(s.release());
  unsigned char* bytes = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &bytes);
  if (size > 0) {
    der.assign(bytes, bytes + size);
  }
  OPENSSL_free(bytes);
  return der;
}

Result<Bytes> raw_of(const Bytes& der) {
  const unsigned char* at = der.data();
  const SignatureHandle pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  Bytes raw(2 * k_half);
  if (!pair ||
      BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), raw.data(), as_int(k_half)) != as_int(k_half) ||
      BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), raw.data() + k_half, as_int(k_half)) !=
          as_int(k_half)) {
    return library_failed("take its own signature apart");
  }
  return raw;
}

}  // namespace

bool is_p256(std::span<const std::uint8_t> public_key) {
  return public_key.size() == k_spki_bytes &&
         hex(public_key.first(k_spki_start.size() / 2)) == k_spki_start;
}

Result<PrivateKey> PrivateKey::generate() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  if (key == nullptr) {
    return library_failed("make a P-256 key");
  }
  return PrivateKey(
      std::shared_ptr<void>(key, [](void* p) { EVP_PKEY_free(static_cast<EVP_PKEY*>(p)); }));
}

Bytes PrivateKey::public_key() const {
  return der_by(i2d_PUBKEY, pkey_of(key_));
}

Result<Bytes> PrivateKey::sign(std::string_view text) const {
  const auto message = bytes_of(text);
  const ContextHandle context(EVP_MD_CTX_new());
  std::size_t size = 0;
  if (!context ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, pkey_of(key_)) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()) != 1) {
    return library_failed("sign");
  }
  Bytes der(size);
  if (EVP_DigestSign(context.get(), der.data(), &size, message.data(), message.size()) != 1) {
    return library_failed("sign");
  }
  der.resize(size);
  return raw_of(der);
}

Result<Secret> PrivateKey::to_pem(const Secret& passphrase) const {
  if (passphrase.empty()) {
    return refused("an encrypted key needs a passphrase");
  }
  const PlainKeyHandle plain(EVP_PKEY2PKCS8(pkey_of(key_)));
  const BioHandle memory = secret_memory();
  const SealedKeyHandle sealed = plain ? seal(plain.get(), passphrase) : nullptr;
  if (!sealed || !memory || PEM_write_bio_PKCS8(memory.get(), sealed.get()) != 1) {
    return library_failed("encrypt the key");
  }
  return content_of(memory.get());
}

Result<Secret> PrivateKey::to_plain_pem() const {
  const PlainKeyHandle plain(EVP_PKEY2PKCS8(pkey_of(key_)));
  const BioHandle memory = secret_memory();
  if (!plain || !memory || PEM_write_bio_PKCS8_PRIV_KEY_INFO(memory.get(), plain.get()) != 1) {
    return library_failed("write the key");
  }
  return content_of(memory.get());
}

Result<PrivateKey> PrivateKey::from_pem(const Secret& pem, const Secret& passphrase) {
  constexpr std::string_view k_sealed = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n";
  constexpr std::string_view k_plain = "-----BEGIN PRIVATE KEY-----\n";
  const bool sealed = pem.text().substr(0, k_sealed.size()) == k_sealed;
  if (!sealed && pem.text().substr(0, k_plain.size()) != k_plain) {
    return refused("is no private key (PKCS#8 in PEM)");
  }
  if (sealed && passphrase.empty()) {
    return refused("the key is encrypted and no passphrase is given");
  }
  if (!sealed && !passphrase.empty()) {
    return refused("a passphrase is given, but the key is not encrypted");
  }
  const BioHandle memory(BIO_new_mem_buf(pem.text().data(), as_int(pem.text().size())));
  Secret given(std::string(passphrase.text()));
  KeyHandle key(memory ? PEM_read_bio_PrivateKey(memory.get(), nullptr, give_passphrase, &given)
                       : nullptr);
  ERR_clear_error();
  if (!key) {
    return refused(sealed ? "the passphrase is wrong or the key is damaged" : "the key is damaged");
  }
  if (!is_p256(der_by(i2d_PUBKEY, key.get()))) {
    return refused("the key is not of P-256");
  }
  return PrivateKey(std::shared_ptr<void>(
      key.release(), [](void* p) { EVP_PKEY_free(static_cast<EVP_PKEY*>(p)); }));
}

Result<Done> write_key_file(const std::string& path, const PrivateKey& key,
                            const Secret& passphrase) {
  const auto pem = passphrase.empty() ? key.to_plain_pem() : key.to_pem(passphrase);
  if (!pem) {
    return pem.error();
  }
  return write_secret_file(path, pem->text());
}

Result<PrivateKey> read_key_file(const std::string& path, const Secret& passphrase) {
  const auto pem = read_secret_file(path);
  if (!pem) {
    return pem.error();
  }
  auto key = PrivateKey::from_pem(*pem, passphrase);
  if (!key) {
    return Error{key.error().code, path + ": " + key.error().message};
  }
  return key;
}

Result<bool> verify_es256(std::span<const std::uint8_t> public_key, std::string_view text,
                          std::span<const std::uint8_t> signature) {
  if (signature.size() != 2 * k_half) {
    return refused("an ES256 signature has 64 bytes, not " + std::to_string(signature.size()));
  }
  const Bytes der = der_of(signature);
  if (der.empty()) {
    return refused("r or s of the signature is out of range");
  }
  const unsigned char* at = public_key.data();
  const KeyHandle key(is_p256(public_key)
                          ? d2i_PUBKEY(nullptr, &at, static_cast<long>(public_key.size()))
                          : nullptr);
  if (!key) {
    ERR_clear_error();
    return refused("the key is not of P-256");
  }
  const ContextHandle context(EVP_MD_CTX_new());
  if (!context ||
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1) {
    return library_failed("verify");
  }
  const auto message = bytes_of(text);
  const int verdict =
      EVP_DigestVerify(context.get(), der.data(), der.size(), message.data(), message.size());
  ERR_clear_error();
  return verdict == 1;
}

}  // namespace assay
