// cuDNN, NCCL and cuFile of the emulated machine: there, not there, too old, too new, or silent.
#include <string>

#include <gtest/gtest.h>

#include "kernels/module.h"

namespace assay {
namespace {

VendorLibrary library_of(const std::string& settings, const std::string& name) {
  const auto loaded = load_backend("cuda", {.path = ASSAY_EMULATED_MODULE, .settings = settings});
  EXPECT_TRUE(loaded) << (loaded ? "" : loaded.error().message);
  if (loaded) {
    for (const VendorLibrary& library : loaded->backend->libraries()) {
      if (library.name == name) {
        return library;
      }
    }
  }
  ADD_FAILURE() << "nothing is said of " << name;
  return {};
}

TEST(CudaLibraries, ThatAreThereSayFileAndVersion) {
  for (const auto& [name, file, version] : {std::array{"cuBLASLt", "libcublasLt.so.13", "13.1.0"},
                                            {"cuDNN", "libcudnn.so.9", "9.19.0"},
                                            {"NCCL", "libnccl.so.2", "2.28.9"},
                                            {"cuFile", "libcufile.so.0", "1.13.0"}}) {
    const VendorLibrary library = library_of("", name);
    EXPECT_EQ(library.file, file);
    EXPECT_EQ(library.version, version);
    EXPECT_EQ(library.why_not, "");
  }
}

TEST(CudaLibraries, ThatAreNotThereAreNamedByTheirFile) {
  EXPECT_EQ(library_of("cudnn=0", "cuDNN").why_not, "libcudnn.so.9 is not there");
  EXPECT_EQ(library_of("nccl=0", "NCCL").why_not, "libnccl.so.2 is not there");
  EXPECT_EQ(library_of("fault=no_library", "cuBLASLt").why_not, "libcublasLt.so.13 is not there");
  EXPECT_EQ(library_of("cufile=0", "cuFile").why_not, "libcufile.so.0 is not there");
  EXPECT_EQ(library_of("cudnn=0", "NCCL").why_not, "") << "one has nothing to do with the other";
}

TEST(CudaLibraries, OfAnotherVersionAreRefusedWithBothVersions) {
  const VendorLibrary old = library_of("cudnn=90699", "cuDNN");
  EXPECT_EQ(old.version, "9.6.99");
  EXPECT_EQ(old.why_not, "libcudnn.so.9 is version 9.6.99; at least 9.7, and below 10, is needed");
  EXPECT_EQ(library_of("cudnn=90700", "cuDNN").why_not, "");
  EXPECT_EQ(library_of("cudnn=100000", "cuDNN").why_not,
            "libcudnn.so.9 is version 10.0.0; at least 9.7, and below 10, is needed");
  EXPECT_EQ(
      library_of("cudnn=8907", "cuDNN").why_not,
      "libcudnn.so.9 is version 8907 by an older count; at least 9.7, and below 10, is needed");
  EXPECT_EQ(library_of("nccl=22605", "NCCL").why_not,
            "libnccl.so.2 is version 2.26.5; at least 2.27, and below 3, is needed");
  EXPECT_EQ(library_of("fault=old_library", "cuBLASLt").why_not,
            "libcublasLt.so.13 is version 12.3.0; at least 12.8 is needed");
}

TEST(CudaLibraries, ThatDoNotSayTheirVersionAreASentence) {
  EXPECT_EQ(library_of("nccl=-1", "NCCL").why_not,
            "libnccl.so.2 doesn't say its version (result 1)");
}

}  // namespace
}  // namespace assay
