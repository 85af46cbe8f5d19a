// What lies under a file system: as tables and folders of the kernel say it, and for real where
// this is run by someone who may mount.
#include "kernels/host/storage_device.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/host/storage_files.h"
#include "kernels/host/storage_kernel.h"
#include "kernels/host/storage_room.h"

namespace assay::storage {
namespace {

namespace fs = std::filesystem;

class StorageDevices : public testing::Test {
 protected:
  StorageDevices() {
    std::string pattern = testing::TempDir() + "/assay-device-XXXXXX";
    folder_ = ::mkdtemp(pattern.data()) != nullptr ? pattern : "/nonexistent";
  }
  ~StorageDevices() override {
    for (auto place = mounted_.rbegin(); place != mounted_.rend(); ++place) {
      ::umount2(place->c_str(), MNT_DETACH);
    }
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  std::string made(const std::string& name) {
    fs::create_directories(folder_ + "/" + name);
    return folder_ + "/" + name;
  }
  std::string written(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }
  /// 24 MiB of ext4 in a file, mounted; "" where that is not allowed.
  std::string loop_mounted(const std::string& options) {
    const std::string image = folder_ + "/image";
    const std::string place = made("mounted");
    const std::string make = "truncate -s 24M " + image + " && mkfs.ext4 -q " + image +
                             " && mount -o loop," + options + " " + image + " " + place;
    if (::geteuid() != 0 || std::system((make + " 2>/dev/null").c_str()) != 0) {
      return "";
    }
    mounted_.push_back(place);
    return place;
  }

  std::string folder_;
  std::vector<std::string> mounted_;
};

TEST_F(StorageDevices, AreFoundInTheMountTableByTheirNumbers) {
  const std::string table = written("table",
                                    "36 35 98:0 /root /mnt rw,noatime master:1 - ext4 /dev/vda "
                                    "rw,nobarrier\n37 35 98:1 / /other rw - xfs /dev/vdb rw\n");
  EXPECT_EQ(mounted_in(table, "98:0").type, "ext4");
  EXPECT_EQ(mounted_in(table, "98:0").options, "rw,nobarrier");
  EXPECT_EQ(mounted_in(table, "98:1").type, "xfs");
  EXPECT_EQ(mounted_in(table, "98:2").type, "");
}

TEST_F(StorageDevices, ThatAreToldNoFlushDoNotSync) {
  EXPECT_TRUE(syncs({"ext4", "rw,discard"}));
  EXPECT_TRUE(syncs({"ext4", "rw,barrier=1"}));
  EXPECT_FALSE(syncs({"ext4", "rw,nobarrier"}));
  EXPECT_FALSE(syncs({"ext4", "rw,barrier=0,discard"}));
  EXPECT_FALSE(syncs({"overlay", "rw,lowerdir=a,volatile"}));
  EXPECT_TRUE(syncs({"other", "rw,volatile"})) << "means something else there";
}

TEST_F(StorageDevices, OfMemoryAreFoundBelowOthers) {
  for (const char* name : {"loop3", "ram0", "zram1"}) {
    EXPECT_EQ(device_of_memory(made(name)), name);
  }
  for (const char* name : {"vda", "nvme0n1", "rambus", "loop"}) {
    EXPECT_EQ(device_of_memory(made(name)), "");
  }
  fs::create_directory_symlink(made("vda"), made("dm-0/slaves") + "/vda");
  EXPECT_EQ(device_of_memory(folder_ + "/dm-0"), "");
  fs::create_directory_symlink(made("loop3"), made("md7/slaves") + "/loop3");
  fs::create_directory_symlink(folder_ + "/md7", folder_ + "/dm-0/slaves/md7");
  EXPECT_EQ(device_of_memory(folder_ + "/dm-0"), "loop3");
  fs::create_directory_symlink(folder_ + "/dm-1", made("dm-1/slaves") + "/dm-1");
  EXPECT_EQ(device_of_memory(folder_ + "/dm-1"), "") << "and a ring has an end";
}

TEST_F(StorageDevices, SayWhetherTheyHaveAVolatileCache) {
  made("disk/queue");
  made("disk/part1");
  EXPECT_FALSE(has_volatile_cache(folder_ + "/disk"));
  written("disk/queue/write_cache", "write back\n");
  EXPECT_EQ(has_volatile_cache(folder_ + "/disk"), true);
  EXPECT_EQ(has_volatile_cache(folder_ + "/disk/part1"), true);
  written("disk/queue/write_cache", "write through\n");
  EXPECT_EQ(has_volatile_cache(folder_ + "/disk"), false);
}

TEST_F(StorageDevices, ThatKeepNothingAreNoWitnesses) {
  const auto said = [](const FileSystem& file_system, bool writes) {
    const auto checked = check_device(file_system, writes);
    EXPECT_TRUE(checked || checked.error().code == Error::Code::not_witnessed);
    return checked ? "" : checked.error().message;
  };
  EXPECT_EQ(said({.type = "ext4"}, true), "");
  EXPECT_EQ(said({.type = "ext4", .device_of_memory = "zram0"}, false),
            "the file system of the scratch directory is on zram0, which is memory or a file: what "
            "would be measured may be a page cache");
  EXPECT_EQ(said({.type = "ext4", .syncs = false}, true),
            "the file system of the scratch directory (ext4) is mounted so that fsync makes "
            "nothing durable (nobarrier or volatile)");
  EXPECT_EQ(said({.type = "ext4", .syncs = false}, false), "") << "what is only read";
}

TEST_F(StorageDevices, ThatAreRealSayWhatTheyAre) {
  const std::string place = loop_mounted("nobarrier");
  if (place.empty()) {
    GTEST_SKIP() << "nothing can be mounted here";
  }
  const auto seen = file_system_of(place);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->type, "ext4");
  EXPECT_FALSE(seen->syncs);
  EXPECT_EQ(seen->device_of_memory.find("loop"), 0U);
  StorageProblem problem{.op = StorageProblem::Op::write,
                         .file_bytes = 1 << 20U,
                         .extent_bytes = 1 << 20U,
                         .request_bytes = 4096,
                         .directory = place};
  const auto kernel = StorageKernel::prepare(problem, {});
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.error().code, Error::Code::not_witnessed);
  EXPECT_NE(kernel.error().message.find("is on loop"), std::string::npos);

  problem.file_bytes = std::uint64_t{64} << 20U;
  EXPECT_NE(storage::check_problem(problem).error().message.find("the files need 64 MiB, and the "
                                                                 "file system of"),
            std::string::npos);
  problem.file_bytes = 1 << 20U;
  ASSERT_EQ(::mount(nullptr, place.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  EXPECT_NE(storage::check_problem(problem).error().message.find("mounted read-only"),
            std::string::npos);
  EXPECT_NE(ScratchSpace::make(place).error().message.find("mounted read-only"), std::string::npos);
}

/// cachestat sees no page of a file that an overlay shows.
TEST_F(StorageDevices, BelowAnOverlayDoNotHideThePageCache) {
  const std::string place = made("overlay");
  const std::string options =
      "lowerdir=" + made("lower") + ",upperdir=" + made("upper") + ",workdir=" + made("work");
  if (::mount("overlay", place.c_str(), "overlay", 0, options.c_str()) != 0) {
    GTEST_SKIP() << "nothing can be mounted here";
  }
  mounted_.push_back(place);
  const std::string file = written("overlay/file", std::string(1 << 20U, 'x'));
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  const auto resident = resident_ppm(descriptor, 1 << 20U);
  EXPECT_TRUE(resident && *resident == 1'000'000) << (resident ? *resident : 0);
  ::close(descriptor);
}

}  // namespace
}  // namespace assay::storage
