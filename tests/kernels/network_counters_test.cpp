// Counters of network devices, in folders like those of the kernel.
#include "kernels/host/network_counters.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace assay {
namespace {

namespace fs = std::filesystem;

class NetworkCounters : public testing::Test {
 protected:
  NetworkCounters() { EXPECT_NE(::mkdtemp(classes_.data()), nullptr); }
  ~NetworkCounters() override { fs::remove_all(classes_); }

  void interface(const std::string& name, int received, int sent) const {
    const fs::path statistics = fs::path(classes_) / "net" / name / "statistics";
    fs::create_directories(statistics);
    std::ofstream(statistics / "rx_bytes") << received << '\n';
    std::ofstream(statistics / "tx_bytes") << sent << '\n';
  }
  void beside(const std::string& name, const std::string& entry) const {
    fs::create_directories(fs::path(classes_) / "net" / name / entry);
  }
  [[nodiscard]] std::string text() const {
    const auto bytes = read_network_counters(classes_);
    return bytes ? std::to_string(bytes->received) + " " + std::to_string(bytes->sent)
                 : bytes.error().message;
  }

  std::string classes_ = "/tmp/assay-test-XXXXXX";
};

TEST_F(NetworkCounters, AddUpWhatDevicesMovedAndNotWhatLiesOnThem) {
  interface("lo", 1000, 1000);
  interface("veth0", 5, 6);
  EXPECT_EQ(text(), "5 6") << "where there is no device";
  interface("eth0", 10, 20);
  interface("eth1", 100, 200);
  interface("bond0", 110, 220);
  beside("bond0", "lower_eth0");
  EXPECT_EQ(text(), "115 226");
  beside("eth0", "device");
  beside("eth1", "device");
  std::ofstream(classes_ + "/net/bonding_masters") << "bond0\n";
  EXPECT_EQ(text(), "110 220") << "devices move what a container's interface moves";
  beside("bond0", "device");
  EXPECT_EQ(text(), "110 220")
      << "as a cloud's synthetic interface, which adds up what is below it";
}

TEST_F(NetworkCounters, HaveWhatVerbsDevicesMoved) {
  interface("eth0", 10, 20);
  const fs::path counters = fs::path(classes_) / "infiniband/mlx5_0/ports/1/counters";
  fs::create_directories(counters);
  EXPECT_EQ(text(), "port 1 of verbs device mlx5_0 shows no port_xmit_data or port_rcv_data");
  std::ofstream(counters / "port_xmit_data") << "100\n";
  std::ofstream(counters / "port_rcv_data") << "50\n";
  EXPECT_EQ(text(), "210 420") << "ports count words of four bytes";
  interface("ib0", 7, 7);
  beside("ib0", "device");
  std::ofstream(classes_ + "/net/ib0/type") << "32\n";
  EXPECT_EQ(text(), "210 420") << "the ports have counted it";
}

TEST_F(NetworkCounters, ThatCantBeReadAreAFault) {
  EXPECT_EQ(text(), "network interfaces can't be looked for: " + classes_ +
                        "/net: No such file or directory");
  interface("eth0", 10, 20);
  beside("eth1", "statistics");
  EXPECT_EQ(text(), "network interface eth1 shows no rx_bytes or tx_bytes");
}

TEST(NetworkCountersHere, AreThoseOfThisHost) {
  const auto bytes = read_network_counters();
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_GE(bytes->received, 0);
  EXPECT_GE(bytes->sent, 0);
}

}  // namespace
}  // namespace assay
