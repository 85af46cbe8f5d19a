// What ranks saw before and after a window.
#include "harness/run/ranks_seen.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "reports/path_witness.h"

namespace assay {
namespace {

std::string text_of(const std::vector<Noted>& notes) {
  std::string text;
  for (const Noted& note : notes) {
    text += note.name + "=" + (note.value ? std::to_string(*note.value) : note.reason) + "\n";
  }
  return text;
}

RankRecord record(std::int64_t offset_ns, std::int64_t round_trip_ns, std::int64_t tcp,
                  std::optional<std::int64_t> verbs = {}) {
  RankRecord made;
  made.clock = ClockOffset{.offset_ns = offset_ns, .round_trip_ns = round_trip_ns};
  made.transport = {.tcp_bytes = tcp, .verbs_bytes = verbs};
  return made;
}

TEST(RanksSeen, HaveTheLargestOffsetTheLongestRoundTripAndTheLargestDrift) {
  const auto before = RanksSeen::of({record(0, 0, 10), record(-700, 90, 20), record(20, 80, 0)}, 5);
  const auto after =
      RanksSeen::of({record(0, 0, 15), record(-650, 70, 30), record(60, 99, 7)}, 905);
  EXPECT_EQ(text_of(seen_between(before, after)),
            "clock_offset_before_ns=700\nclock_offset_after_ns=650\nclock_round_trip_ns=99\n"
            "clock_drift_ns=50\nclock_drift_over_ns=900\ntransport_tcp_bytes=22\n"
            "transport_verbs_bytes=this host has no verbs device\n");
}

TEST(RanksSeen, WithoutClocksOfTheirOwnHaveNoOffsets) {
  const RankRecord without{.transport = {.tcp_bytes = 3, .verbs_bytes = {}}};
  const auto read = read_rank_record(write_rank_record(without));
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->clock);
  const auto seen = RanksSeen::of({*read, *read}, 0);
  const std::string why = "=the ranks are processes of one worker, and read its clock\n";
  EXPECT_EQ(text_of(seen_between(seen, seen)),
            "clock_offset_before_ns" + why + "clock_offset_after_ns" + why + "clock_drift_ns" +
                why +
                "transport_tcp_bytes=0\ntransport_verbs_bytes=this host has no verbs device\n");
}

TEST(RanksSeen, CountTheDevicesOfTheirHostOnce) {
  const auto before = RanksSeen::of({record(0, 0, 0, 1000), record(0, 0, 0, 1000)}, 0);
  const auto after = RanksSeen::of({record(0, 0, 0, 5000), record(0, 0, 0, 5000)}, 1);
  EXPECT_NE(text_of(seen_between(before, after)).find("transport_verbs_bytes=4000\n"),
            std::string::npos);
}

RankRecord gpu_record(std::optional<std::int64_t> nvlink, const std::string& fault) {
  RankRecord made;
  made.transport.nvlink_bytes = nvlink;
  made.transport.nvlink_fault = fault;
  const auto read = read_rank_record(write_rank_record(made));
  EXPECT_TRUE(read);
  return read ? *read : made;
}

TEST(RanksSeen, AddUpWhatTheLinksOfTheirGpusSent) {
  const auto before = RanksSeen::of({gpu_record(1024, ""), gpu_record(0, "")}, 0);
  const auto after = RanksSeen::of({gpu_record(5120, ""), gpu_record(2048, "")}, 1);
  EXPECT_NE(text_of(seen_between(before, after)).find("transport_nvlink_bytes=6144\n"),
            std::string::npos);
  const auto hidden = RanksSeen::of({gpu_record(5120, ""), gpu_record({}, "not supported")}, 1);
  for (const auto& [first, second] : {std::pair(before, hidden), std::pair(hidden, before)}) {
    EXPECT_NE(text_of(seen_between(first, second)).find("transport_nvlink_bytes=not supported\n"),
              std::string::npos);
  }
}

TEST(RanksSeen, ComeOverTheSocketAsTheyWere) {
  const auto read = read_rank_record(write_rank_record(record(-5, 9, 1, 2)));
  ASSERT_TRUE(read);
  ASSERT_TRUE(read->clock);
  EXPECT_EQ(read->clock->offset_ns, -5);
  EXPECT_EQ(read->clock->round_trip_ns, 9);
  EXPECT_EQ(read->transport.tcp_bytes, 1);
  EXPECT_EQ(read->transport.verbs_bytes, 2);
  EXPECT_FALSE(read_rank_record(write_rank_record(record(0, 0, 0)))->transport.verbs_bytes);
}

TEST(ClockOffset, IsTakenOffOnlyWhereTheRoundTripDoesNotExplainIt) {
  EXPECT_EQ(correction_of({.offset_ns = 90, .round_trip_ns = 100}), 0);
  EXPECT_EQ(correction_of({.offset_ns = -101, .round_trip_ns = 100}), -101);
}

/// A connection within this process; both ends are its own.
class Connection {
 public:
  Connection() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    void* const place = &address;
    auto* const generic = static_cast<sockaddr*>(place);
    EXPECT_EQ(::bind(listener, generic, size), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
    EXPECT_EQ(::getsockname(listener, generic, &size), 0);
    ends_[0] = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(::connect(ends_[0], generic, size), 0);
    ends_[1] = ::accept(listener, nullptr, nullptr);
    ::close(listener);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }

  void send(std::size_t bytes) const {
    const std::vector<char> data(bytes);
    ASSERT_EQ(::send(ends_[0], data.data(), bytes, 0), static_cast<ssize_t>(bytes));
    std::vector<char> got(bytes);
    ASSERT_EQ(::recv(ends_[1], got.data(), bytes, MSG_WAITALL), static_cast<ssize_t>(bytes));
  }

 private:
  std::array<int, 2> ends_{};
};

TEST(TransportCounters, HaveWhatThisProcessSentOverTcp) {
  const Connection connection;
  const std::int64_t before = read_transport_counters()->tcp_bytes;
  connection.send(100'000);
  connection.send(1);  // its acknowledgement is that of all before it
  const std::int64_t sent = read_transport_counters()->tcp_bytes - before;
  EXPECT_GE(sent, 100'000);
  EXPECT_LE(sent, 100'001);
}

TEST(TransportCounters, HaveWhatAllPortsOfAllVerbsDevicesSent) {
  std::string folder = "/tmp/assay-test-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  for (const auto& without : {folder, folder + "/infiniband"}) {
    const auto counted = read_transport_counters(without);
    EXPECT_FALSE(counted->verbs_bytes);
    EXPECT_EQ(counted->verbs_fault, "") << "it is certain that there is no device";
  }
  for (const auto& [port, units] : {std::pair("mlx5_0/ports/1", 1000), {"mlx5_1/ports/1", 20}}) {
    std::filesystem::create_directories(folder + "/" + port + "/counters");
    std::ofstream(folder + "/" + port + "/counters/port_xmit_data") << units << '\n';
    std::ofstream(folder + "/" + port + "/counters/port_rcv_data") << "7\n";
  }
  EXPECT_EQ(read_transport_counters(folder)->verbs_bytes, 4 * 1020);
  std::filesystem::remove_all(folder);
}

/// What stands in for the counters of verbs devices below this folder.
std::string fault_below(const std::string& folder) {
  const auto counted = read_transport_counters(folder);
  EXPECT_TRUE(counted);
  EXPECT_FALSE(counted->verbs_bytes);
  return counted->verbs_fault;
}

TEST(TransportCounters, ThatCantBeReadAreNotThoseOfNoDevice) {
  std::string root = "/tmp/assay-test-XXXXXX";
  ASSERT_NE(::mkdtemp(root.data()), nullptr);
  const std::string devices = root + "/infiniband";
  EXPECT_EQ(fault_below(devices + "/infiniband"),
            "verbs devices can't be looked for: " + devices + " is not there");
  std::ofstream(root + "/file") << "no folder\n";
  EXPECT_EQ(fault_below(root + "/file"),
            "verbs devices can't be looked for: " + root + "/file: Not a directory");
  std::filesystem::create_directories(devices + "/rxe0");
  EXPECT_EQ(fault_below(devices), "verbs device rxe0 shows no ports: No such file or directory");
  std::filesystem::create_directories(devices + "/rxe0/ports/1/hw_counters");
  EXPECT_EQ(fault_below(devices),
            "port 1 of verbs device rxe0 shows no port_xmit_data or port_rcv_data");
  std::filesystem::create_directories(devices + "/mlx5_0/ports/1/counters");
  std::ofstream(devices + "/mlx5_0/ports/1/counters/port_xmit_data") << "5\n";
  std::ofstream(devices + "/mlx5_0/ports/1/counters/port_rcv_data") << "5\n";
  EXPECT_EQ(fault_below(devices),
            "port 1 of verbs device rxe0 shows no port_xmit_data or port_rcv_data")
      << "what one of two devices counted is not all";
  std::filesystem::remove_all(root);
}

std::string verbs_note_of(const RankRecord& before, const RankRecord& after) {
  const auto record_read = [](const RankRecord& record) {
    return *read_rank_record(write_rank_record(record));
  };
  const auto notes =
      seen_between(RanksSeen::of({record_read(before)}, 0), RanksSeen::of({record_read(after)}, 1));
  return notes.back().value ? std::to_string(*notes.back().value) : notes.back().reason;
}

TEST(RanksSeen, WhoseDevicesCantBeReadBeforeOrAfterHaveNoneThatIsKnownToBeMissing) {
  RankRecord hidden = record(0, 0, 0);
  hidden.transport.verbs_fault = "verbs devices can't be looked for";
  const std::string known(k_no_verbs_device);
  EXPECT_EQ(verbs_note_of(record(0, 0, 0), record(0, 0, 0)), known);
  EXPECT_EQ(verbs_note_of(hidden, record(0, 0, 0)), "verbs devices can't be looked for");
  EXPECT_EQ(verbs_note_of(record(0, 0, 0), hidden), "verbs devices can't be looked for");
  EXPECT_EQ(verbs_note_of(record(0, 0, 0, 7), record(0, 0, 0)),
            "verbs devices came or went in the window");
}

}  // namespace
}  // namespace assay
