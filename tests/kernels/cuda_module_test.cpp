// The real CUDA module, as far as a machine without a GPU can tell; skipped where it was not built.
#include <array>
#include <cstdio>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "kernels/module.h"

namespace assay {
namespace {

#ifdef ASSAY_CUDA_MODULE
constexpr const char* k_module = ASSAY_CUDA_MODULE;
#else
constexpr const char* k_module = nullptr;
#endif

class CudaModule : public testing::Test {
 protected:
  void SetUp() override {
    if (k_module == nullptr) {
      GTEST_SKIP() << "assay-cuda.so was not built: no CUDA compiler, or ASSAY_CUDA=OFF";
    }
  }
};

/// The libraries that a file cannot be loaded without, a line each.
std::string needed_by(const std::string& file) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(
      popen(("readelf -d '" + file + "' | grep NEEDED").c_str(), "r"), pclose);
  std::string text;
  std::array<char, 256> line{};
  while (pipe && std::fgets(line.data(), line.size(), pipe.get()) != nullptr) {
    text += line.data();
  }
  return text;
}

TEST_F(CudaModule, NeedsNothingOfNvidiaToBeLoaded) {
  for (const std::string file : {k_module, ASSAY_PROGRAM}) {
    const std::string needed = needed_by(file);
    EXPECT_NE(needed.find("libc.so.6"), std::string::npos) << needed;
    EXPECT_EQ(needed.find("libcu"), std::string::npos) << file << '\n' << needed;
    EXPECT_EQ(needed.find("libnv"), std::string::npos) << file << '\n' << needed;
  }
}

TEST_F(CudaModule, IsNotMarkedAndTakesNoSettings) {
  const auto loaded = load_backend("cuda", {.path = k_module});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->mark, "");
  const auto refused = load_backend("cuda", {.path = k_module, .settings = "model=h100"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "the module " + std::string(k_module) +
                                         ": it takes no settings, and was given 'model=h100'");
}

// Each is found and says its version, or is missed by the name of its file; none needs a driver.
TEST_F(CudaModule, SaysOfEveryLibraryWhichVersionItIsOrWhyItCannotBeUsed) {
  const auto loaded = load_backend("cuda", {.path = k_module});
  ASSERT_TRUE(loaded) << loaded.error().message;
  const auto libraries = loaded->backend->libraries();
  const std::array<std::array<const char*, 2>, 4> expected{{{"cuBLASLt", "libcublasLt.so."},
                                                            {"cuDNN", "libcudnn.so."},
                                                            {"NCCL", "libnccl.so."},
                                                            {"cuFile", "libcufile.so."}}};
  ASSERT_EQ(libraries.size(), expected.size());
  for (std::size_t i = 0; i < libraries.size(); ++i) {
    const VendorLibrary& library = libraries[i];
    const auto [name, file] = expected.at(i);
    EXPECT_EQ(library.name, name);
    EXPECT_NE((library.why_not.empty() ? library.file : library.why_not).find(file),
              std::string::npos)
        << library.file << ' ' << library.why_not;
    EXPECT_EQ(library.why_not.empty(), !library.version.empty()) << library.why_not;
    RecordProperty(library.name, library.version);
  }
}

TEST_F(CudaModule, NamesTheDriverItMisses) {
  const auto loaded = load_backend("cuda", {.path = k_module});
  ASSERT_TRUE(loaded) << loaded.error().message;
  const auto devices = loaded->backend->devices();
  if (devices) {
    GTEST_SKIP() << "this machine has a driver";
  }
  EXPECT_EQ(devices.error().code, Error::Code::unsupported);
  EXPECT_EQ(devices.error().message.find("no NVIDIA driver: libcuda.so.1 is not there"), 0U)
      << devices.error().message;
}

}  // namespace
}  // namespace assay
