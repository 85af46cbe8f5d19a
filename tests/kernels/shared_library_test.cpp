// Finding libraries: what is not there, or can't be loaded, is a sentence.
#include "kernels/shared_library.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

using Cosine = double(double);

std::string refusal(const std::vector<std::string>& names,
                    const std::vector<std::string>& folders) {
  const auto library = SharedLibrary::open(names, folders);
  if (library) {
    return "loaded " + library->name();
  }
  EXPECT_EQ(library.error().code, Error::Code::unsupported);
  return library.error().message;
}

TEST(SharedLibrary, IsTheFirstOfItsNamesThatIsThere) {
  const auto library = SharedLibrary::open({"libm.so.of-nobody", "libm.so.6"});
  ASSERT_TRUE(library) << library.error().message;
  EXPECT_EQ(library->name(), "libm.so.6");
  Cosine* cosine = nullptr;
  ASSERT_TRUE(library->find("cos", cosine));
  EXPECT_EQ(cosine(0.0), 1.0);
}

TEST(SharedLibrary, IsAlsoLookedForInFolders) {
  const std::string here =
      std::string(ASSAY_OTHER_BUILD).substr(0, std::string(ASSAY_OTHER_BUILD).rfind('/') + 1);
  const auto library = SharedLibrary::open({"other-build.so"}, {"/nowhere/", here});
  ASSERT_TRUE(library) << library.error().message;
  EXPECT_EQ(library->name(), "other-build.so");
}

TEST(SharedLibrary, NamesEveryFileAndFolderWhereThereIsNone) {
  EXPECT_EQ(refusal({"liba-of-nobody.so.2", "liba-of-nobody.so.1"}, {"/nowhere/", "/never/"}),
            "liba-of-nobody.so.2 or liba-of-nobody.so.1 is not there (looked where the loader does "
            "and in /nowhere/ and /never/)");
  EXPECT_EQ(refusal({"liba-of-nobody.so"}, {}),
            "liba-of-nobody.so is not there (looked where the loader does)");
}

TEST(SharedLibrary, ThatIsThereAndBrokenIsNotCalledAbsent) {
  const std::string sentence = refusal({"LICENSE"}, {ASSAY_SOURCE_DIR "/"});
  EXPECT_TRUE(sentence.starts_with("LICENSE can't be loaded: " ASSAY_SOURCE_DIR "/LICENSE"))
      << sentence;
}

TEST(SharedLibrary, NamesTheFunctionThatItLacks) {
  const auto library = SharedLibrary::open({"libm.so.6"});
  ASSERT_TRUE(library) << library.error().message;
  Cosine* none = nullptr;
  const auto found = library->find("cos_of_nobody", none);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message, "libm.so.6 has no cos_of_nobody: it is too old");
  library->look_up("cos_of_nobody", none);
  EXPECT_EQ(none, nullptr);
}

}  // namespace
}  // namespace assay
