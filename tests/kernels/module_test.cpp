// Loading backends from files: whatever is wrong with one is a sentence, never a crash.
#include "kernels/module.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

namespace assay {
namespace {

std::string refusal(const std::string& name, const ModuleChoice& choice) {
  const auto loaded = load_backend(name, choice);
  if (loaded) {
    return "loaded";
  }
  EXPECT_EQ(loaded.error().code, Error::Code::unsupported);
  return loaded.error().message;
}

void expect_in(const std::string& part, const std::string& whole) {
  EXPECT_NE(whole.find(part), std::string::npos) << whole;
}

TEST(Module, SaysWhichFileItLookedFor) {
  expect_in("looked for assay-nothing.so beside the program and as ", refusal("nothing", {}));
  EXPECT_EQ(refusal("cuda", {.path = "/nowhere/assay-cuda.so"}),
            "the module /nowhere/assay-cuda.so is not there");
}

TEST(Module, RefusesAFileThatIsNoLibrary) {
  expect_in("cannot be loaded", refusal("cuda", {.path = ASSAY_SOURCE_DIR "/LICENSE"}));
}

TEST(Module, RefusesWhatIsNoFileAndDoesNotWaitForIt) {
  expect_in("is no file", refusal("cuda", {.path = "/tmp"}));
  const std::string pipe = testing::TempDir() + "assay_module_pipe_" + std::to_string(::getpid());
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  expect_in("is no file", refusal("cuda", {.path = pipe}));
  ::unlink(pipe.c_str());
}

// The loader looks for a bare name elsewhere: what was looked at must be what is loaded.
TEST(Module, TakesABareNameFromTheCurrentFolder) {
  const std::filesystem::path module(ASSAY_OTHER_BUILD);
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(module.parent_path());
  expect_in("is of another build (another)", refusal("cuda", {.path = module.filename().string()}));
  std::filesystem::current_path(before);
}

TEST(Module, RefusesALibraryThatIsNoModule) {
  expect_in("is no module of this program: it has no assay_module",
            refusal("cuda", {.path = "/lib/x86_64-linux-gnu/libm.so.6"}));
}

TEST(Module, RefusesAnotherBuildAndAnotherInterface) {
  expect_in("is of another build (another) than this program",
            refusal("cuda", {.path = ASSAY_OTHER_BUILD}));
  expect_in("has interface 2, and this program 1",
            refusal("cuda", {.path = ASSAY_OTHER_INTERFACE}));
}

TEST(Module, RefusesAModuleOfAnotherBackend) {
  expect_in("is for backend 'cuda', not 'rocm'", refusal("rocm", {.path = ASSAY_EMULATED_MODULE}));
}

TEST(Module, RefusesSettingsThatItDoesNotKnow) {
  expect_in("does not know 'speed=9'",
            refusal("cuda", {.path = ASSAY_EMULATED_MODULE, .settings = "gpus=1,speed=9"}));
}

TEST(Module, CarriesItsMark) {
  const auto loaded = load_backend("cuda", {.path = ASSAY_EMULATED_MODULE});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->mark, "emulated");
  EXPECT_EQ(loaded->backend->name(), "cuda");
}

TEST(ModuleChoice, SplitsPathAndSettingsAtTheFirstComma) {
  const auto choice = ModuleChoice::from("/a/b.so,model=h100,gpus=2");
  EXPECT_EQ(choice.path, "/a/b.so");
  EXPECT_EQ(choice.settings, "model=h100,gpus=2");
  EXPECT_EQ(ModuleChoice::from("/a/b.so").settings, "");
}

}  // namespace
}  // namespace assay
