#include "reports/keys.h"

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/pem.h>

#include "reports/files.h"
#include "tests/reports/signing_support.h"

namespace assay {
namespace {

const char* const k_order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

Secret secret(const std::string& text) {
  return Secret(text);
}

Bytes half(const std::string& digits) {
  const Digest digest = digest_from_hex(digits).value();
  return {digest.begin(), digest.end()};
}

Bytes joined(Bytes r, const Bytes& s) {
  r.insert(r.end(), s.begin(), s.end());
  return r;
}

/// (r, n - s) of (r, s).
Bytes twin(const Bytes& signature) {
  BIGNUM* order = nullptr;
  BN_hex2bn(&order, k_order);
  BIGNUM* s = BN_bin2bn(signature.data() + 32, 32, nullptr);
  BN_sub(s, order, s);
  Bytes other(signature.begin(), signature.begin() + 32);
  other.resize(64);
  BN_bn2binpad(s, other.data() + 32, 32);
  BN_free(s);
  BN_free(order);
  return other;
}

std::string message(const Result<PrivateKey>& key) {
  return key ? "accepted" : key.error().message;
}

class Es256 : public ::testing::Test {
 protected:
  [[nodiscard]] Result<bool> verify(const Bytes& signature, std::string_view text = "text") const {
    return verify_es256(key_.public_key(), text, signature);
  }
  const PrivateKey key_ = PrivateKey::generate().value();
  const Bytes signature_ = key_.sign("text").value();
};

TEST_F(Es256, VerifiesWhatItSigned) {
  EXPECT_EQ(signature_.size(), 64U);
  EXPECT_TRUE(*verify(signature_));
  for (int i = 0; i < 300; ++i) {  // some r and s begin with a zero byte
    const std::string text = std::to_string(i);
    EXPECT_TRUE(*verify(key_.sign(text).value(), text));
  }
}

TEST_F(Es256, RefusesAnotherTextKeyOrSignature) {
  EXPECT_FALSE(*verify(signature_, "texu"));
  EXPECT_FALSE(*verify_es256(PrivateKey::generate()->public_key(), "text", signature_));
  for (const std::size_t at : {0U, 31U, 32U, 63U}) {
    Bytes flipped = signature_;
    flipped[at] ^= 1U;
    EXPECT_FALSE(*verify(flipped)) << at;
  }
}

TEST_F(Es256, RefusesEveryLengthBut64) {
  for (const std::size_t size : {0U, 1U, 63U, 65U, 128U}) {
    Bytes other = signature_;
    other.resize(size);
    EXPECT_FALSE(verify(other)) << size;
  }
}

TEST_F(Es256, RefusesDerInPlaceOfRAndS) {
  EXPECT_FALSE(verify(test::der_form(signature_)));
}

TEST_F(Es256, RefusesHalvesOutOfRange) {
  const Bytes zero(32, 0);
  const Bytes order = half(k_order);
  const Bytes most(32, 0xFF);
  const Bytes r(signature_.begin(), signature_.begin() + 32);
  const Bytes s(signature_.begin() + 32, signature_.end());
  for (const Bytes& bad : {zero, order, most}) {
    EXPECT_FALSE(verify(joined(bad, s)));
    EXPECT_FALSE(verify(joined(r, bad)));
    EXPECT_FALSE(verify(joined(bad, bad)));
  }
  Bytes below = order;
  below.back() -= 1;
  ASSERT_TRUE(verify(joined(below, s)));
  EXPECT_FALSE(*verify(joined(below, s)));
}

TEST_F(Es256, AcceptsTheTwinOfASignature) {  // so a signature is nobody's identity
  EXPECT_NE(twin(signature_), signature_);
  EXPECT_TRUE(*verify(twin(signature_)));
}

TEST_F(Es256, RefusesKeysOfOtherKinds) {
  for (const test::PkeyPointer& other :
       {test::owned(EVP_EC_gen("P-384")), test::owned(EVP_RSA_gen(2048))}) {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(other.get(), &der);
    const Bytes spki(der, der + size);
    OPENSSL_free(der);
    EXPECT_FALSE(is_p256(spki));
    EXPECT_FALSE(verify_es256(spki, "text", signature_));
  }
  Bytes off_the_curve = key_.public_key();
  off_the_curve.back() ^= 1U;
  EXPECT_FALSE(verify_es256(off_the_curve, "text", signature_));
}

TEST(KeyPem, IsEncryptedAsAnnounced) {
  const PrivateKey key = PrivateKey::generate().value();
  const Secret pem = key.to_pem(secret("correct horse")).value();
  ASSERT_EQ(pem.text().substr(0, 37), "-----BEGIN ENCRYPTED PRIVATE KEY-----");
  std::string body(pem.text().substr(38, pem.text().find("-----END") - 38));
  body.erase(std::remove(body.begin(), body.end(), '\n'), body.end());
  const std::string der = hex(from_base64(body).value());
  EXPECT_NE(der.find("06092a864886f70d01050d"), std::string::npos) << "PBES2";
  EXPECT_NE(der.find("06092a864886f70d01050c"), std::string::npos) << "PBKDF2";
  EXPECT_NE(der.find("0203"
                     "0927c0"),
            std::string::npos)
      << "600,000 rounds";
  EXPECT_NE(der.find("06082a864886f70d0209"), std::string::npos) << "HMAC with SHA-256";
  EXPECT_NE(der.find("060960864801650304012a"), std::string::npos) << "AES-256-CBC";
}

TEST(KeyPem, OpensWithItsPassphraseAlone) {
  const PrivateKey key = PrivateKey::generate().value();
  const Secret pem = key.to_pem(secret("correct horse")).value();
  const auto opened = PrivateKey::from_pem(pem, secret("correct horse"));
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->public_key(), key.public_key());
  EXPECT_EQ(message(PrivateKey::from_pem(pem, secret("wrong horse"))),
            "the passphrase is wrong or the key is damaged");
  EXPECT_EQ(message(PrivateKey::from_pem(pem, Secret())),
            "the key is encrypted and no passphrase is given");
  EXPECT_FALSE(key.to_pem(Secret()));
}

TEST(KeyPem, OfAPilotNeedsNoPassphrase) {
  const PrivateKey key = PrivateKey::generate().value();
  const Secret pem = key.to_plain_pem().value();
  EXPECT_EQ(PrivateKey::from_pem(pem, Secret())->public_key(), key.public_key());
  EXPECT_EQ(message(PrivateKey::from_pem(pem, secret("any"))),
            "a passphrase is given, but the key is not encrypted");
}

TEST(KeyPem, OfAnotherKindIsRefused) {
  BIO* memory = BIO_new(BIO_s_mem());
  const auto other = test::owned(EVP_EC_gen("P-384"));
  PEM_write_bio_PKCS8PrivateKey(memory, other.get(), nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(memory, &data);
  const Secret pem(std::string(data, static_cast<std::size_t>(size)));
  BIO_free(memory);
  EXPECT_EQ(message(PrivateKey::from_pem(pem, Secret())), "the key is not of P-256");
  EXPECT_EQ(message(PrivateKey::from_pem(secret("nonsense"), Secret())),
            "is no private key (PKCS#8 in PEM)");
  EXPECT_EQ(message(PrivateKey::from_pem(secret("-----BEGIN PRIVATE KEY-----\nAAAA\n"), Secret())),
            "the key is damaged");
}

class KeyFile : public ::testing::Test {
 protected:
  KeyFile() { EXPECT_TRUE(write_key_file(path_, key_, Secret())); }
  [[nodiscard]] std::string refusal(const std::string& path) const {
    return message(read_key_file(path, Secret()));
  }
  const test::Folder folder_;
  const PrivateKey key_ = PrivateKey::generate().value();
  const std::string path_ = folder_.path("key.pem");
};

TEST_F(KeyFile, IsOwnerOnlyAndReadBack) {
  struct stat facts {};
  ASSERT_EQ(::stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0600U);
  EXPECT_EQ(read_key_file(path_, Secret())->public_key(), key_.public_key());
}

TEST_F(KeyFile, IsNeverWrittenOverAnother) {
  const auto again = write_key_file(path_, PrivateKey::generate().value(), Secret());
  ASSERT_FALSE(again);
  EXPECT_EQ(read_key_file(path_, Secret())->public_key(), key_.public_key());
}

TEST_F(KeyFile, ThatOthersMayUseIsRefused) {
  for (const unsigned mode : {0644U, 0640U, 0604U, 0660U, 0601U}) {
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    EXPECT_NE(refusal(path_).find("may be used by group or others"), std::string::npos) << mode;
  }
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  EXPECT_EQ(refusal(path_), "accepted");
}

TEST_F(KeyFile, BehindALinkIsRefused) {
  std::filesystem::create_symlink(path_, folder_.path("link"));
  EXPECT_NE(refusal(folder_.path("link")).find("is a symbolic link"), std::string::npos);
  EXPECT_FALSE(write_key_file(folder_.path("link"), key_, Secret()));
  std::filesystem::create_directory_symlink(folder_.path(), folder_.path("folder"));
  EXPECT_NE(refusal(folder_.path("folder/key.pem")), "accepted");
}

TEST_F(KeyFile, OfAnotherUserIsRefused) {
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(path_.c_str(), 12345, 12345), 0);
    EXPECT_NE(refusal(path_).find("belongs to another user"), std::string::npos);
  } else {
    EXPECT_NE(refusal("/etc/passwd").find("belongs to another user"), std::string::npos);
  }
}

TEST_F(KeyFile, InAFolderThatOthersCanWriteIsRefused) {
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0770), 0);
  EXPECT_NE(refusal(path_).find("must not be writable by group or others"), std::string::npos);
  EXPECT_FALSE(write_key_file(folder_.path("other.pem"), key_, Secret()));
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0700), 0);
}

TEST_F(KeyFile, ThatIsNoFileIsRefused) {
  ASSERT_EQ(::mkfifo(folder_.path("pipe").c_str(), 0600), 0);
  EXPECT_NE(refusal(folder_.path("pipe")).find("is no regular file"), std::string::npos);
  EXPECT_EQ(read_key_file(folder_.path("none"), Secret()).error().code, Error::Code::not_found);
}

TEST_F(KeyFile, OfTooManyBytesIsRefused) {
  ASSERT_TRUE(write_file(folder_.path("large"), std::string(70'000, 'x'), 0600));
  EXPECT_NE(refusal(folder_.path("large")).find("is larger than"), std::string::npos);
}

std::string passphrase_from_pipe(const std::string& bytes) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  EXPECT_EQ(::write(ends[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  ::close(ends[1]);
  const auto secret = read_passphrase(ends[0]);
  ::close(ends[0]);
  return secret ? std::string(secret->text()) : "refused: " + secret.error().message;
}

TEST(Passphrase, IsOneLineFromADescriptor) {
  EXPECT_EQ(passphrase_from_pipe("correct horse\n"), "correct horse");
  EXPECT_EQ(passphrase_from_pipe("no newline"), "no newline");
  for (const std::string& bad : {std::string(), std::string("\n"), std::string("two\nlines\n"),
                                 std::string("nul\0byte", 8), std::string(1025, 'x')}) {
    EXPECT_EQ(passphrase_from_pipe(bad).substr(0, 8), "refused:") << bad;
  }
  EXPECT_FALSE(read_passphrase(-1));
}

TEST(Passphrase, IsOneLineFromAnOwnerOnlyFile) {
  const test::Folder folder;
  ASSERT_TRUE(write_file(folder.path("pass"), "correct horse\n", 0600));
  EXPECT_EQ(read_passphrase(folder.path("pass"))->text(), "correct horse");
  ASSERT_EQ(::chmod(folder.path("pass").c_str(), 0644), 0);
  EXPECT_FALSE(read_passphrase(folder.path("pass")));
}

}  // namespace
}  // namespace assay
