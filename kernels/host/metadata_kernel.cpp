#include "kernels/host/metadata_kernel.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "kernels/findings.h"
#include "kernels/host/buffer.h"
#include "kernels/host/cpu.h"
#include "kernels/host/storage_room.h"
#include "kernels/keyed.h"
#include "kernels/memory_plan.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using storage::k_block;

constexpr std::uint64_t k_tuples = 4096;
constexpr std::uint64_t k_name_stream = 7, k_witness_stream = 5;
constexpr std::size_t k_name_length = 16;

Error failed(const char* what) {
  const bool is_full = errno == ENOSPC || errno == EDQUOT;
  return {Error::Code::io,
          is_full ? "the file system of the scratch directory is full (no block or no inode left)"
                  : std::string(what) + ": " + std::generic_category().message(errno)};
}

std::string text_of(std::uint64_t key) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string text(k_name_length, '0');
  for (std::size_t i = 0; i < k_name_length; ++i) {
    text[i] = k_digits[(key >> (4 * i)) & 15U];
  }
  return text;
}

/// None of a name that text_of() doesn't make.
std::optional<std::uint64_t> key_in(std::string_view text) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = k_digits.find(text[i]);
    if (digit == std::string_view::npos) {
      return std::nullopt;
    }
    key |= static_cast<std::uint64_t>(digit) << (4 * i % 64);
  }
  return text.size() == k_name_length ? std::optional(key) : std::nullopt;
}

bool everyone(std::size_t /*client*/) {
  return true;
}

}  // namespace

void MetadataKernel::Tally::add(const Tally& other) {
  count += other.count;
  sum += other.sum;
  if (first_fault.empty()) {
    first_fault = other.first_fault;
  }
}

Result<std::unique_ptr<MetadataKernel>> MetadataKernel::prepare(const StorageProblem& problem,
                                                                const Seed& seed,
                                                                StorageOutside outside) {
  if (auto able = storage::check_problem(problem); !able) {
    return able.error();
  }
  auto kernel = std::make_unique<MetadataKernel>(problem, seed, std::move(outside));
  if (auto opened = kernel->open(); !opened) {
    return opened.error();
  }
  return kernel;
}

MetadataKernel::MetadataKernel(StorageProblem problem, const Seed& seed, StorageOutside outside)
    : problem_(std::move(problem)),
      seed_(seed),
      outside_(std::move(outside)),
      slots_(storage::k_directories_kept) {}

Result<Done> MetadataKernel::open() {
  auto space = storage::open_space(problem_, outside_, claims_);
  if (!space) {
    return space.error();
  }
  space_ = *std::move(space);
  if (auto shown = storage::check_device(claims_.file_system(), true); !shown && outside_.direct) {
    return shown;
  }
  auto team = storage::StorageTeam::make(outside_.queue, problem_);
  if (!team) {
    return team.error();
  }
  team_ = std::move(*team);
  root_ =
      storage::OwnedDescriptor(::open(space_->path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    for (std::size_t client = 0; client < (problem_.shared ? 1 : team_.size()); ++client) {
      std::error_code error;
      fs::create_directories(directory_of(slot, client), error);
      if (error) {
        return Error{Error::Code::io, "a directory could not be made: " + error.message()};
      }
    }
    if (auto filled = fill(slot); !filled) {
      return filled;
    }
  }
  if (auto synced = sync(); !synced) {
    return synced;
  }
  claims_.begin();
  return problem_.cold ? outside_.drop_names() : Result<Done>(Done{});
}

std::string MetadataKernel::directory_of(std::uint32_t slot, std::size_t client) const {
  const std::string of_slot = space_->path() + "/" + std::to_string(slot);
  return problem_.shared ? of_slot : of_slot + "/" + std::to_string(client);
}

std::uint64_t MetadataKernel::key_of(std::uint64_t generation, std::size_t client,
                                     std::uint64_t i) const {
  return Keyed(seed_, k_name_stream + generation)(client * problem_.files + i);
}

std::string MetadataKernel::path_of(std::uint32_t slot, std::size_t client, std::uint64_t i) const {
  return directory_of(slot, client) + "/" + text_of(key_of(slots_[slot].generation, client, i));
}

/// What a list of the client's directory must come to.
MetadataKernel::Tally MetadataKernel::due(std::uint32_t slot, std::size_t client) const {
  Tally tally;
  for (std::size_t owner = 0; owner < team_.size(); ++owner) {
    if (problem_.shared || owner == client) {
      for (std::uint64_t i = 0; i < problem_.files; ++i) {
        tally.sum += key_of(slots_[slot].generation, owner, i);
        ++tally.count;
      }
    }
  }
  return tally;
}

Result<Done> MetadataKernel::each_file(
    const std::function<Result<Done>(std::size_t, std::uint64_t)>& work, std::uint64_t files) {
  return team_.each(everyone, [&](std::size_t client) -> Result<Done> {
    for (std::uint64_t i = 0; i < std::min(files, problem_.files); ++i) {
      if (auto done = work(client, i); !done) {
        return done;
      }
    }
    return Done{};
  });
}

Result<Done> MetadataKernel::create(std::uint32_t slot, std::size_t client, std::uint64_t i) {
  std::array<std::uint64_t, storage::k_block_words> block{};
  const std::uint64_t key = key_of(slots_[slot].generation, client, i);
  storage::fill_blocks({.campaign = storage::campaign_of(seed_),
                        .file = key,
                        .offset = 0,
                        .generation = slots_[slot].generation},
                       1, block.data());
  const int number = outside_.create(path_of(slot, client, i).c_str());
  const storage::OwnedDescriptor file(number);
  if (number < 0) {
    return failed("a file could not be created");
  }
  if (::pwrite(number, block.data(), k_block, 0) != static_cast<ssize_t>(k_block)) {
    return failed("a new file could not be written");
  }
  return Done{};
}

Result<Done> MetadataKernel::remove(std::uint32_t slot, std::size_t client, std::uint64_t i) {
  return outside_.remove(path_of(slot, client, i).c_str()) == 0
             ? Result<Done>(Done{})
             : failed("a file could not be deleted");
}

/// New files under new names.
Result<Done> MetadataKernel::fill(std::uint32_t slot) {
  slots_[slot].generation = ++filled_;
  slots_[slot].is_full = true;
  claims_.add(problem_.clients * problem_.files * k_block, true);
  return each_file([&](std::size_t client, std::uint64_t i) { return create(slot, client, i); });
}

/// Whatever is there, so that what a deletion left does not stay.
Result<Done> MetadataKernel::empty(std::uint32_t slot) {
  slots_[slot].is_full = false;
  return team_.each(
      [&](std::size_t client) { return client == 0 || !problem_.shared; },
      [&](std::size_t client) -> Result<Done> {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(directory_of(slot, client), error)) {
          fs::remove(entry.path(), error);
        }
        return Done{};
      });
}

Result<Done> MetadataKernel::sync() {
  return outside_.sync_all(root_.number()) == 0
             ? Result<Done>(Done{})
             : failed("what was done could not be made durable (syncfs)");
}

Result<Done> MetadataKernel::make_ready(std::uint32_t slot) {
  auto ready = Result<Done>(Done{});
  if (problem_.op == Op::create) {
    ready = empty(slot);
  } else if (problem_.op == Op::remove && (!slots_[slot].is_full || slots_[slot].is_used)) {
    ready = empty(slot);
    ready = ready ? fill(slot) : ready;
  }
  if (ready && (problem_.op == Op::create || problem_.op == Op::remove)) {
    ready = sync();
  }
  return ready && problem_.cold ? outside_.drop_names() : ready;
}

/// Adds up what was found under the names of another client's files.
Result<Done> MetadataKernel::look_up(std::uint32_t slot) {
  std::vector<Tally> seen(team_.size());
  auto done = each_file([&](std::size_t client, std::uint64_t i) -> Result<Done> {
    const std::size_t owner = (client + 1) % team_.size();
    struct stat facts {};
    const std::string path = path_of(slot, owner, i);
    if (outside_.look_up(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode) ||
        facts.st_size != static_cast<off_t>(k_block)) {
      seen[client].add({.first_fault = "no file of a block"});
      return Done{};
    }
    seen[client].add({.count = 1, .sum = key_of(slots_[slot].generation, owner, i)});
    return Done{};
  });
  for (const Tally& one : seen) {
    slots_[slot].seen.add(one);
  }
  return done;
}

MetadataKernel::Tally MetadataKernel::listed(const std::string& directory) const {
  Tally tally;
  DIR* const opened = ::opendir(directory.c_str());
  if (opened == nullptr) {
    tally.first_fault = "no directory that can be opened";
    return tally;
  }
  while (const dirent* entry = outside_.next_name(opened)) {
    const std::string_view name(static_cast<const char*>(entry->d_name));
    if (name == "." || name == "..") {
      continue;
    }
    const auto key = key_in(name);
    tally.add(
        {.count = 1, .sum = key.value_or(0), .first_fault = key ? "" : "a name that nobody gave"});
  }
  ::closedir(opened);
  return tally;
}

Result<Done> MetadataKernel::list(std::uint32_t slot) {
  std::vector<Tally> seen(team_.size());
  auto done = team_.each(everyone, [&](std::size_t client) -> Result<Done> {
    seen[client] = listed(directory_of(slot, (client + 1) % team_.size()));
    return Done{};
  });
  for (const Tally& one : seen) {
    slots_[slot].seen.add(one);
  }
  return done;
}

Result<Done> MetadataKernel::do_step(std::uint32_t slot) {
  if (problem_.op == Op::stat || problem_.op == Op::list) {
    return problem_.op == Op::stat ? look_up(slot) : list(slot);
  }
  if (problem_.op == Op::create) {
    auto filled = fill(slot);
    return filled ? sync() : filled;
  }
  slots_[slot].is_full = false;
  auto removed =
      each_file([&](std::size_t client, std::uint64_t i) { return remove(slot, client, i); });
  return removed ? sync() : removed;
}

Natural MetadataKernel::work_per_step() const {
  const bool lists_all = problem_.op == Op::list && problem_.shared;
  return Natural{problem_.clients} * problem_.files * (lists_all ? problem_.clients : 1);
}

std::uint64_t MetadataKernel::tuples() const {
  return k_tuples;
}

std::uint32_t MetadataKernel::slots() const {
  return storage::k_directories_kept;
}

Ran MetadataKernel::ran() const {
  return {.software = "assay",
          .version = "1",
          .kernel = "metadata_" + std::string(name_of(problem_.op)) +
                    ":posix:" + claims_.file_system().type,
          .isa = std::string(name_of(own_vectors())),
          .threads = static_cast<std::uint32_t>(problem_.clients)};
}

Result<Done> MetadataKernel::poison(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  for (const Step& step : steps) {
    slots_[step.slot].is_used = false;
  }
  return Done{};
}

Result<Done> MetadataKernel::run(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  using Clock = std::chrono::steady_clock;
  timed_ns_ = 0;
  for (const Step& step : steps) {
    Slot& slot = slots_[step.slot];
    if (auto ready = make_ready(step.slot); !ready) {
      return ready;
    }
    slot.seen = {};
    const auto begun = Clock::now();
    if (auto done = do_step(step.slot); !done) {
      return done;
    }
    timed_ns_ += std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begun).count();
    slot.is_used = true;
    slot.tuple = step.tuple;
  }
  return Done{};
}

/// Whether the slot is not what this step left; of what was created, so many files of each client
/// are read.
Result<std::optional<Mismatch>> MetadataKernel::fault_in(const Step& step, std::uint64_t files) {
  const Slot& slot = slots_[step.slot];
  const auto differs = [](std::string expected, std::string actual) {
    return Result<std::optional<Mismatch>>(
        Mismatch{.index = 0, .expected = std::move(expected), .actual = std::move(actual)});
  };
  if (!slot.is_used || slot.tuple != step.tuple) {
    return differs("step " + std::to_string(step.tuple),
                   slot.is_used ? "step " + std::to_string(slot.tuple) : "nothing");
  }
  Tally right;
  Tally seen = slot.seen;
  const bool changes = problem_.op == Op::create || problem_.op == Op::remove;
  // A client's own directory, or for each client the one that all share.
  const std::size_t directories = problem_.shared && problem_.op != Op::list ? 1 : team_.size();
  for (std::size_t client = 0; client < directories; ++client) {
    right.add(problem_.op == Op::remove ? Tally{} : due(step.slot, client));
    if (changes) {
      seen.add(listed(directory_of(step.slot, client)));
    }
  }
  if (!seen.first_fault.empty()) {
    return differs("a file under every name", seen.first_fault);
  }
  if (!(seen == right)) {
    const std::string names = " names that add up to ";
    return differs(std::to_string(right.count) + names + text_of(right.sum),
                   std::to_string(seen.count) + names + text_of(seen.sum));
  }
  return problem_.op == Op::create ? fault_in_contents(step.slot, files)
                                   : Result<std::optional<Mismatch>>(std::nullopt);
}

/// Every byte of them, past the page cache where that can be.
Result<std::optional<Mismatch>> MetadataKernel::fault_in_contents(std::uint32_t slot,
                                                                  std::uint64_t files) {
  std::vector<storage::BlockFindings> found(team_.size());
  const auto read = each_file(
      [&](std::size_t client, std::uint64_t i) -> Result<Done> {
        const storage::OwnedDescriptor file(
            ::open(path_of(slot, client, i).c_str(), O_RDONLY | O_CLOEXEC));
        std::array<std::uint64_t, storage::k_block_words> block{};
        if (file.number() < 0) {
          return failed("a new file could not be opened");
        }
        if (auto dropped = outside_.drop(file.number()); !dropped) {
          return dropped;
        }
        if (::pread(file.number(), block.data(), k_block, 0) < 0) {
          return failed("a new file could not be read");
        }
        found[client].add(storage::check_blocks({.campaign = storage::campaign_of(seed_),
                                                 .file = key_of(slots_[slot].generation, client, i),
                                                 .offset = 0,
                                                 .generation = slots_[slot].generation},
                                                1, block.data()));
        return Done{};
      },
      files);
  if (!read) {
    return read.error();
  }
  const auto wrong = std::find_if(found.begin(), found.end(),
                                  [](const storage::BlockFindings& one) { return one.wrong > 0; });
  return wrong == found.end() ? std::optional<Mismatch>() : wrong->first;
}

/// Equal on all items of a round: what is right adds nothing to what is drawn for the tuple. Of
/// what was created, a file of each client is read.
Result<std::vector<std::uint8_t>> MetadataKernel::witness(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known.error();
  }
  const Keyed draw(seed_, k_witness_stream);
  std::vector<std::uint8_t> bytes;
  for (const Step& step : steps) {
    auto fault = fault_in(step, 1);
    if (!fault) {
      return fault.error();
    }
    const std::uint64_t word = draw(step.tuple) + (*fault ? 1 : 0);
    for (unsigned byte = 0; byte < 8; ++byte) {
      bytes.push_back(static_cast<std::uint8_t>(word >> (8 * byte)));
    }
  }
  return bytes;
}

Result<CheckResult> MetadataKernel::check(std::span<const Step> steps, const Seed& /*challenge*/,
                                          std::span<const std::uint32_t> full) {
  if (auto known = well_formed(*this, steps, full); !known) {
    return known.error();
  }
  std::vector<std::optional<Mismatch>> faults;
  for (const Step& step : steps) {
    auto fault = fault_in(step, problem_.files);
    if (!fault) {
      return fault.error();
    }
    faults.push_back(std::move(*fault));
  }
  return summed_up(std::move(faults), steps.size(), memory::k_log2_nothing_missed);
}

/// A bit of what was seen; of what was created, in the first file; and of a deletion its undoing.
Result<Done> MetadataKernel::flip(std::uint32_t slot, std::uint64_t bit) {
  if (auto known = has_bit(*this, slot, bit); !known) {
    return known;
  }
  if (problem_.op == Op::remove) {
    return ::access(path_of(slot, 0, 0).c_str(), F_OK) == 0 ? remove(slot, 0, 0)
                                                            : create(slot, 0, 0);
  }
  if (problem_.op == Op::create) {
    const storage::OwnedDescriptor file(::open(path_of(slot, 0, 0).c_str(), O_RDWR | O_CLOEXEC));
    return storage::flip_bit(file.number(), bit / 8, bit % 8);
  }
  slots_[slot].seen.sum ^= std::uint64_t{1} << bit;
  return Done{};
}

Result<std::vector<Noted>> MetadataKernel::notes() {
  return claims_.notes(space_->path(), slots_.size() * problem_.clients * problem_.files * k_block);
}

}  // namespace assay
