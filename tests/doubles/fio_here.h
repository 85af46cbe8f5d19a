// fio, or a script in its place, on files of a test's own.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include <gtest/gtest.h>

#include "harness/run/fio_job.h"
#include "harness/run/fio_kernel.h"

namespace assay::testing_doubles {

inline constexpr std::uint64_t k_mib = std::uint64_t{1} << 20U;

/// In the working directory: that of the build, on a disk mostly.
class FioHere : public testing::Test {
 protected:
  FioHere() {
    std::string pattern = std::filesystem::current_path().string() + "/assay-fio-XXXXXX";
    folder_ = ::mkdtemp(pattern.data()) != nullptr ? pattern : "/nonexistent";
    outside_.program.shortest_ns = 0;  // of small files
  }
  ~FioHere() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  /// A script in the place of fio, which is `$fio` in it; the job's bytes are `$bytes`, its file is
  /// `$file`, its request `$bs`.
  void replace_fio(const std::string& script) {
    const std::string path = folder_ + "/fio";
    const auto real = FioProgram{}.file();
    std::ofstream(path) << "#!/bin/sh\nfio=" << (real ? *real : "none") << "\n"
                        << "for a in \"$@\"; do case $a in\n"
                           "--version) echo fio-3.33; exit;;\n"
                           "--io_size=*) bytes=${a#*=};; --filename=*) file=${a#*=};;\n"
                           "--bs=*) bs=${a#*=};; --name=*) name=${a#*=};;\n"
                           "esac; done\n"
                        << script << "\n";
    ::chmod(path.c_str(), 0700);
    outside_.program.files = {path};
  }

  [[nodiscard]] FioJob job() const {
    const std::string file = folder_ + "/data";
    std::ofstream(file) << std::string(4 * k_mib, 'x');
    const storage::OwnedDescriptor written(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(::fsync(written.number()), 0);  // what is dirty would be written for the reader
    return {.op = StorageProblem::Op::read,
            .client = 3,
            .file = file,
            .engine = "io_uring",
            .region_bytes = 4 * k_mib,
            .bytes = 4 * k_mib,
            .request_bytes = 65536,
            .depth = 2,
            .seed = 1};
  }
  [[nodiscard]] Error error_of_job() const {
    const auto ran = run_fio(outside_.program, job());
    return ran ? Error{Error::Code::bad_input, "it went well"} : ran.error();
  }

  std::string folder_;
  FioOutside outside_;
};

/// What fio prints, in short: of a read of `$bytes` in `ms`.
inline std::string result_in(const std::string& ms) {
  return R"(n=$((bytes / bs)); printf '{\n"fio version":"fio-3.33","jobs":[{"error":0,"read":{)"
         R"("io_bytes":%s,"total_ios":%s,"short_ios":0,"drop_ios":0,"runtime":)" +
         ms +
         R"(,"bw_bytes":%s,"lat_ns":{"bins":{"1000":%s}}},"write":{"io_bytes":0,)"
         R"("total_ios":0,"short_ios":0,"drop_ios":0,"runtime":0,"bw_bytes":0}}]}\n' )"
         R"($bytes $n $((bytes * 1000 / )" +
         ms + ")) $n";
}

}  // namespace assay::testing_doubles
