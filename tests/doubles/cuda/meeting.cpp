#include "tests/doubles/cuda/meeting.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace assay::emulated {
namespace {

constexpr std::size_t k_most_ranks = 64;

using Counter = std::atomic<std::uint64_t>;
static_assert(Counter::is_always_lock_free);

}  // namespace

/// A file of zeros is one at its beginning.
struct Meeting::Page {
  using OfRanks = std::array<Counter, k_most_ranks>;
  Counter entered, left;
  OfRanks given, taken;                              ///< The last round, by rank.
  std::array<OfRanks, k_most_ranks> sent, received;  ///< How many, by sender and receiver.
};

std::string Meeting::make() {
  const char* const place = std::getenv("TMPDIR");
  std::string folder = std::string(place == nullptr ? "/tmp" : place) + "/nccl-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) {
    return "";
  }
  const int file = ::open((folder + "/page").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  const bool made = ::ftruncate(file, sizeof(Page)) == 0;
  ::close(file);
  return made ? folder : "";
}

std::unique_ptr<Meeting> Meeting::enter(const std::string& folder, unsigned ranks, unsigned rank) {
  const int file = ::open((folder + "/page").c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0 || ranks > k_most_ranks || rank >= ranks) {
    return nullptr;
  }
  void* const page = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (page == MAP_FAILED) {
    return nullptr;
  }
  return std::unique_ptr<Meeting>(new Meeting(static_cast<Page*>(page), folder, ranks, rank));
}

Meeting::Meeting(Page* page, std::string folder, unsigned ranks, unsigned rank)
    : page_(page), folder_(std::move(folder)), ranks_(ranks), rank_(rank) {
  page_->entered.fetch_add(1);
}

Meeting::~Meeting() {
  ::munmap(page_, sizeof(Page));
}

std::string Meeting::file_of(unsigned rank) const {
  return folder_ + "/" + std::to_string(rank);
}

bool Meeting::all_entered() const {
  return page_->entered.load() == ranks_;
}

bool Meeting::give(std::uint64_t round, const std::vector<std::span<const std::byte>>& to_each) {
  for (unsigned other = 0; other < ranks_; ++other) {
    if (page_->taken.at(other).load() + 1 < round) {
      return false;
    }
  }
  std::ofstream file(file_of(rank_), std::ios::binary | std::ios::trunc);
  for (const auto& bytes : to_each) {
    const std::uint64_t size = bytes.size();
    file.write(reinterpret_cast<const char*>(&size), sizeof size);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
  file.close();
  page_->given.at(rank_).store(round);
  return true;
}

bool Meeting::all_gave(std::uint64_t round) const {
  for (unsigned other = 0; other < ranks_; ++other) {
    if (page_->given.at(other).load() < round) {
      return false;
    }
  }
  return true;
}

std::vector<std::vector<std::byte>> Meeting::take(std::uint64_t round) {
  std::vector<std::vector<std::byte>> from_each(ranks_);
  for (unsigned other = 0; other < ranks_; ++other) {
    std::ifstream file(file_of(other), std::ios::binary);
    for (unsigned to = 0; to <= rank_; ++to) {
      std::uint64_t size = 0;
      file.read(reinterpret_cast<char*>(&size), sizeof size);
      if (to < rank_) {
        file.seekg(static_cast<std::streamoff>(size), std::ios::cur);
        continue;
      }
      from_each[other].resize(size);
      file.read(reinterpret_cast<char*>(from_each[other].data()),
                static_cast<std::streamsize>(size));
    }
  }
  page_->taken.at(rank_).store(round);
  return from_each;
}

std::string Meeting::file_between(unsigned from, unsigned to) const {
  return folder_ + "/" + std::to_string(from) + "-" + std::to_string(to);
}

bool Meeting::was_received(unsigned by) const {
  return page_->received.at(rank_).at(by).load() == page_->sent.at(rank_).at(by).load();
}

bool Meeting::send(unsigned to, std::span<const std::byte> bytes) {
  if (!was_received(to)) {
    return false;
  }
  std::ofstream file(file_between(rank_, to), std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  file.close();
  page_->sent.at(rank_).at(to).fetch_add(1);
  return true;
}

std::optional<std::vector<std::byte>> Meeting::receive(unsigned from) {
  if (page_->received.at(from).at(rank_).load() == page_->sent.at(from).at(rank_).load()) {
    return std::nullopt;
  }
  std::ifstream file(file_between(from, rank_), std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::vector<std::byte> bytes(text.size());
  std::transform(text.begin(), text.end(), bytes.begin(),
                 [](char each) { return static_cast<std::byte>(each); });
  page_->received.at(from).at(rank_).fetch_add(1);
  return bytes;
}

bool Meeting::leave() {
  if (!left_) {
    left_ = true;
    page_->left.fetch_add(1);
  }
  return page_->left.load() == ranks_;
}

}  // namespace assay::emulated
