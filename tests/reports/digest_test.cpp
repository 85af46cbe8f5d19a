#include "reports/digest.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, OfPartsIsThatOfTheWhole) {
  Hasher hasher;
  hasher.add("a");
  hasher.add("");
  hasher.add(bytes_of("bc"));
  EXPECT_EQ(hasher.finish(), sha256("abc"));
}

TEST(Derive, IsHmacOverLabelAndParts) {
  // python3: hmac.new(b"key", b"label\0a\0bc", hashlib.sha256).hexdigest()
  const std::vector<std::string> parts{"a", "bc"};
  EXPECT_EQ(hex(derive(bytes_of("key"), "label", parts)),
            "02f760ccc1ff625bbd439e143d5785246de9537ecf189c4e7ef03d2c2082428c");
}

TEST(Derive, KeepsPartsApart) {
  const std::vector<std::string> one{"ab", "c"};
  const std::vector<std::string> other{"a", "bc"};
  EXPECT_NE(derive(bytes_of("key"), "label", one), derive(bytes_of("key"), "label", other));
}

TEST(Hex, IsReadBackOnlyInItsOneForm) {
  const Digest digest = sha256("abc");
  ASSERT_TRUE(digest_from_hex(hex(digest)));
  EXPECT_EQ(*digest_from_hex(hex(digest)), digest);
  EXPECT_FALSE(digest_from_hex(std::string(64, 'A')));
  EXPECT_FALSE(digest_from_hex(std::string(63, 'a')));
  EXPECT_FALSE(digest_from_hex(std::string(66, 'a')));
  EXPECT_FALSE(digest_from_hex(std::string(63, 'a') + "g"));
}

TEST(Base64, GivesTheVectorsOfTheRfc) {  // RFC 4648, 10
  EXPECT_EQ(base64(bytes_of("")), "");
  EXPECT_EQ(base64(bytes_of("f")), "Zg==");
  EXPECT_EQ(base64(bytes_of("fo")), "Zm8=");
  EXPECT_EQ(base64(bytes_of("foo")), "Zm9v");
  EXPECT_EQ(base64(bytes_of("foobar")), "Zm9vYmFy");
  EXPECT_EQ(base64url("fo"), "Zm8");
  EXPECT_EQ(base64url("\xFB\xFF"), "-_8");
  EXPECT_EQ(base64(bytes_of("\xFB\xFF")), "+/8=");
}

TEST(Base64, ReadsBackWhatItWrote) {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    const auto bytes = bytes_of(text);
    EXPECT_EQ(text_of(*from_base64(base64(bytes))), text);
    EXPECT_EQ(text_of(*from_base64url(base64url(bytes))), text);
    text += static_cast<char>(i * 7);
  }
}

TEST(Base64, RefusesEverySecondSpelling) {
  for (const char* text :
       {"Zg==", "Zg=", "Zh", "Zm9", "Zm 9v", "Zm9v\n", "+_8", "Z", "Zm9vY", "="}) {
    EXPECT_FALSE(from_base64url(text)) << text;
  }
  for (const char* text :
       {"Zg", "Zg=", "Zh==", "Zm9=", "Zm9v\n", "-_8=", "Z===", "====", "=", "Zg==Zg=="}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

}  // namespace
}  // namespace assay
