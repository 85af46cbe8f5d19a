// far-link IFA IFB DELAY_US LOSS_PPM SECONDS: hands Ethernet frames from either interface to the
// other one, each after a delay, and drops a share of them. Ends by itself.
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <random>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Frame {
  Clock::time_point due;
  std::vector<char> bytes;  ///< With a header that says what the sender left to its hardware.
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

int listen_to(const char* interface) {
  const int socket = ::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(interface));
  packet_mreq promiscuous{};
  promiscuous.mr_ifindex = address.sll_ifindex;
  promiscuous.mr_type = PACKET_MR_PROMISC;
  constexpr int k_on = 1;
  constexpr int k_buffer = 1 << 26;
  const auto set = [socket](int level, int name, const auto& value) {
    return ::setsockopt(socket, level, name, &value, sizeof value) == 0;
  };
  if (socket < 0 || !set(SOL_PACKET, PACKET_VNET_HDR, k_on) ||
      !set(SOL_PACKET, PACKET_IGNORE_OUTGOING, k_on) ||
      !set(SOL_SOCKET, SO_RCVBUFFORCE, k_buffer) || !set(SOL_SOCKET, SO_SNDBUFFORCE, k_buffer) ||
      !set(SOL_PACKET, PACKET_ADD_MEMBERSHIP, promiscuous) ||
      ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail(interface);
  }
  return socket;
}

/// One way of the link.
class Way {
 public:
  Way(int from, int to, Clock::duration delay, double loss)
      : from_(from), to_(to), delay_(delay), loss_(loss) {}

  void take() {
    static std::array<char, 70'000> buffer;
    ssize_t bytes = 0;
    while ((bytes = ::recv(from_, buffer.data(), buffer.size(), 0)) > 0) {
      if (lost_(random_) >= loss_) {
        waiting_.push_back({Clock::now() + delay_, {buffer.data(), buffer.data() + bytes}});
      }
    }
  }
  void hand_on() {
    while (!waiting_.empty() && waiting_.front().due <= Clock::now()) {
      const std::vector<char>& bytes = waiting_.front().bytes;
      if (::send(to_, bytes.data(), bytes.size(), 0) < 0) {
        std::perror("send");  // as good as lost
      }
      waiting_.pop_front();
    }
  }
  [[nodiscard]] bool is_empty() const { return waiting_.empty(); }

 private:
  int from_;
  int to_;
  Clock::duration delay_;
  double loss_;
  std::mt19937 random_{1};
  std::uniform_real_distribution<> lost_{0, 1};
  std::deque<Frame> waiting_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) {
    std::fputs("far-link IFA IFB DELAY_US LOSS_PPM SECONDS\n", stderr);
    return 64;
  }
  const std::array<int, 2> sockets{listen_to(arguments[1]), listen_to(arguments[2])};
  const std::chrono::microseconds delay(std::atol(arguments[3]));
  const double loss = std::atof(arguments[4]) * 1e-6;
  const auto end = Clock::now() + std::chrono::seconds(std::atol(arguments[5]));
  std::array<Way, 2> ways{Way{sockets[0], sockets[1], delay, loss},
                          Way{sockets[1], sockets[0], delay, loss}};
  while (Clock::now() < end) {
    for (Way& way : ways) {
      way.take();
      way.hand_on();
    }
    std::array<pollfd, 2> wakes{pollfd{sockets[0], POLLIN, 0}, pollfd{sockets[1], POLLIN, 0}};
    constexpr int k_ms_until_due = 1;
    constexpr int k_ms_at_most = 50;
    ::poll(wakes.data(), wakes.size(),
           ways[0].is_empty() && ways[1].is_empty() ? k_ms_at_most : k_ms_until_due);
  }
  return 0;
}
