// The near and the far NUMA node of a GPU, by the files that Linux shows of machines with one
// socket, two, two with four nodes each, and with coherent GPUs.
#include "kernels/numa_view.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <gtest/gtest.h>

namespace assay {
namespace {

/// A tree like /sys, by the lines of its files.
class Tree {
 public:
  explicit Tree(const std::map<std::string, std::string>& lines) {
    std::string pattern = testing::TempDir() + "/sys-XXXXXX";
    path_ = ::mkdtemp(pattern.data()) != nullptr ? pattern : "/nonexistent";
    for (const auto& [file, line] : lines) {
      const std::filesystem::path place = path_ + "/" + file;
      std::filesystem::create_directories(place.parent_path());
      std::ofstream(place) << line << '\n';
    }
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  ~Tree() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

const std::string k_nodes = "devices/system/node/";
const std::string k_pci = "bus/pci/devices/";

/// Two sockets with a node each; GPUs 1b and 43 at the first, 9b at the second.
std::map<std::string, std::string> two_sockets() {
  return {{k_nodes + "online", "0-1"},
          {k_nodes + "has_cpu", "0-1"},
          {k_nodes + "has_memory", "0-1"},
          {k_nodes + "node0/distance", "10 21"},
          {k_nodes + "node1/distance", "21 10"},
          {k_pci + "0000:1b:00.0/numa_node", "0"},
          {k_pci + "0000:43:00.0/numa_node", "0"},
          {k_pci + "0000:9b:00.0/numa_node", "1"}};
}

/// Near and far: "0 1"; "0 none".
std::string nodes_of(const std::string& device, const std::map<std::string, std::string>& lines) {
  const Tree tree(lines);
  const auto view = numa_view_from(device, tree.path());
  if (!view) {
    EXPECT_EQ(view.error().code, Error::Code::unsupported);
    return view.error().message;
  }
  const auto far = view->farthest();
  return std::to_string(view->near) + " " + (far ? std::to_string(*far) : "none");
}

TEST(NumaView, OfTwoSocketsIsTheOwnOneAndTheOther) {
  EXPECT_EQ(nodes_of("0000:1b:00.0", two_sockets()), "0 1");
  EXPECT_EQ(nodes_of("0000:43:00.0", two_sockets()), "0 1");
  EXPECT_EQ(nodes_of("0000:9b:00.0", two_sockets()), "1 0");
  EXPECT_EQ(nodes_of("0000:9B:00.0", two_sockets()), "1 0") << "as CUDA writes it";
}

TEST(NumaView, KnowsHowFarEachNodeIs) {
  const Tree tree(two_sockets());
  const auto view = numa_view_from("0000:9b:00.0", tree.path());
  ASSERT_TRUE(view) << view.error().message;
  ASSERT_EQ(view->nodes.size(), 2U);
  EXPECT_EQ(view->nodes[0].distance, 21U);
  EXPECT_EQ(view->nodes[1].distance, 10U);
}

// Four nodes a socket: three of the same socket are nearer than any of the other one.
TEST(NumaView, TakesTheFarthestNodeAndNotJustAnother) {
  std::map<std::string, std::string> lines{{k_nodes + "online", "0-7"},
                                           {k_nodes + "has_cpu", "0-7"},
                                           {k_nodes + "has_memory", "0-7"},
                                           {k_pci + "0000:c1:00.0/numa_node", "5"},
                                           {k_nodes + "node5/distance", "32 33 32 32 12 10 12 12"}};
  EXPECT_EQ(nodes_of("0000:c1:00.0", lines), "5 1");
  lines[k_nodes + "node5/distance"] = "32 32 32 32 12 10 12 12";
  EXPECT_EQ(nodes_of("0000:c1:00.0", lines), "5 0") << "of equal ones the first";
}

// Distances are those of the nodes that are online, whatever their numbers.
TEST(NumaView, CountsDistancesByTheNodesThatAreThere) {
  const std::map<std::string, std::string> lines{{k_nodes + "online", "0,2,4"},
                                                 {k_nodes + "has_cpu", "0,2,4"},
                                                 {k_nodes + "has_memory", "0,2,4"},
                                                 {k_pci + "0000:1b:00.0/numa_node", "2"},
                                                 {k_nodes + "node2/distance", "21 10 30"}};
  EXPECT_EQ(nodes_of("0000:1b:00.0", lines), "2 4");
}

// Two processors with coherent GPUs: their memory is nodes 2 and 10, without processors.
TEST(NumaView, LeavesOutTheMemoryOfCoherentGpusAndNodesWithoutMemory) {
  std::map<std::string, std::string> lines = two_sockets();
  lines[k_nodes + "online"] = "0-2,10";
  lines[k_nodes + "has_memory"] = "0-2,10";
  lines[k_nodes + "node0/distance"] = "10 40 80 120";
  EXPECT_EQ(nodes_of("0000:1b:00.0", lines), "0 1");
  lines = two_sockets();
  lines[k_nodes + "has_memory"] = "0";
  EXPECT_EQ(nodes_of("0000:1b:00.0", lines), "0 none");
}

TEST(NumaView, OfOneNodeIsThatNodeEvenIfNobodySaysWhich) {
  const std::map<std::string, std::string> lines{{k_nodes + "online", "0"},
                                                 {k_nodes + "has_cpu", "0"},
                                                 {k_nodes + "has_memory", "0"},
                                                 {k_pci + "0000:1b:00.0/numa_node", "-1"},
                                                 {k_nodes + "node0/distance", "10"}};
  EXPECT_EQ(nodes_of("0000:1b:00.0", lines), "0 none");
}

TEST(NumaView, IsASentenceWhereTheSystemDoesNotSayIt) {
  std::map<std::string, std::string> lines = two_sockets();
  lines[k_pci + "0000:1b:00.0/numa_node"] = "-1";
  EXPECT_EQ(nodes_of("0000:1b:00.0", lines),
            "the system doesn't say at which NUMA node the GPU 0000:1b:00.0 is");
  EXPECT_EQ(nodes_of("0000:77:00.0", two_sockets()),
            "the system doesn't say at which NUMA node the GPU 0000:77:00.0 is");
  EXPECT_EQ(nodes_of("0000:1b:00.0", {{k_pci + "0000:1b:00.0/numa_node", "0"}}),
            "the system doesn't say at which NUMA node the GPU 0000:1b:00.0 is");
}

}  // namespace
}  // namespace assay
