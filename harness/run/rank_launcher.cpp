#include "harness/run/rank_launcher.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

#include "reports/declared_variables.h"

namespace assay {
namespace {

constexpr std::string_view k_stranded = "assay rank: there is no worker on host ";
constexpr std::size_t k_most_said = 240;  // so that what comes before it stays in a note

/// It goes into evidence, whatever it is.
std::string as_plain_text(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

/// Placement is the site's to say: what it gives comes after ours, and the last one holds.
std::vector<std::string> srun_command(const RankLauncher& launcher, const MpirunJob& job,
                                      const Environment& worker) {
  std::vector<std::string> command{launcher.file, "--mpi=pmix", "--nodes=1",
                                   // Whoever runs as a step himself holds what the ranks are on.
                                   "--overlap", "--kill-on-bad-exit=1"};
  if (const auto node = worker.find("SLURMD_NODENAME"); node != worker.end()) {
    command.push_back("--nodelist=" + node->second);
  }
  if (job.computes && cores_of_rank(job) > 1) {
    command.push_back("--cpus-per-task=" + std::to_string(cores_of_rank(job)));
  }
  command.insert(command.end(), launcher.given.begin(), launcher.given.end());
  command.push_back("--ntasks=" + std::to_string(job.ranks));
  return command;
}

}  // namespace

std::string RankLauncher::shown() const {
  std::string text = as_plain_text(std::filesystem::path(file).filename());
  for (const std::string& word : given) {
    text += " " + word;
  }
  return text == "mpirun" ? "" : text;
}

RankLauncher launcher_from(const std::string& words) {
  RankLauncher launcher;
  std::error_code error;
  std::istringstream stream(words);
  if (std::filesystem::is_regular_file(words, error)) {
    std::getline(stream, launcher.file);  // with blanks in its name, too
  } else {
    stream >> launcher.file;
  }
  for (std::string word; stream >> word;) {
    launcher.given.push_back(word);
  }
  const bool is_srun = std::filesystem::path(launcher.file).filename() == "srun";
  launcher.kind = is_srun ? RankLauncher::Kind::srun : RankLauncher::Kind::mpirun;
  return launcher;
}

Result<std::string> found_launcher(const std::string& words, const Environment& caller) {
  if (words.empty()) {
    return mpirun_of(caller);
  }
  const bool is_plain =
      std::all_of(words.begin(), words.end(), [](char c) { return c >= ' ' && c <= '~'; });
  const RankLauncher launcher = launcher_from(words);
  if (!is_plain || launcher.file.empty()) {
    return Error{Error::Code::bad_input, "--launcher: words in printable ASCII, program first"};
  }
  const bool has_folder = launcher.file.find('/') != std::string::npos;
  const std::string file = has_folder ? launcher.file : program_on_path(launcher.file, caller);
  if (file.empty() || ::access(file.c_str(), X_OK) != 0) {
    return Error{Error::Code::bad_input, "--launcher: there is no program '" + launcher.file + "'" +
                                             (has_folder ? "" : " on PATH")};
  }
  if (const std::string fault = launcher_fault(launcher, caller); !fault.empty()) {
    return Error{Error::Code::bad_input, "--launcher: " + fault};
  }
  std::string whole = std::filesystem::absolute(file).string();
  for (const std::string& word : launcher.given) {
    whole += " " + word;
  }
  return whole;
}

std::string launcher_fault(const RankLauncher& launcher, const Environment& worker) {
  const bool needs_allocation = launcher.kind == RankLauncher::Kind::srun;
  return needs_allocation && !worker.contains("SLURM_JOB_ID")
             ? "srun starts ranks in an allocation of Slurm, and this is none (SLURM_JOB_ID is not "
               "set); run under sbatch, salloc or srun"
             : "";
}

std::vector<std::string> launcher_command(const RankLauncher& launcher,
                                          const std::vector<std::string>& rank,
                                          const MpirunJob& job, const Environment& worker) {
  if (launcher.kind == RankLauncher::Kind::mpirun) {
    auto command = mpirun_command(launcher.file, rank, job);
    command.insert(command.begin() + 1, launcher.given.begin(), launcher.given.end());
    return command;
  }
  auto command = srun_command(launcher, job, worker);
  command.insert(command.end(), rank.begin(), rank.end());
  return command;
}

Environment launcher_environment(const RankLauncher& launcher, const MpirunJob& job,
                                 const Environment& worker) {
  Environment environment = mpirun_environment(job);
  if (launcher.kind == RankLauncher::Kind::mpirun) {
    return environment;  // in an allocation, too, it stays on this host
  }
  // What mpirun takes as arguments.
  environment["OMPI_MCA_btl_vader_backing_directory"] = job.folder;
  environment["OMPI_MCA_mpi_yield_when_idle"] = job.ranks <= usable_cores() ? "0" : "1";
  for (const std::string_view name : k_slurm_variables) {
    if (const auto found = worker.find(std::string(name)); found != worker.end()) {
      environment.insert(*found);
    }
  }
  return environment;
}

std::string words_of_stranded_rank() {
  std::array<char, 256> host{};
  static_cast<void>(::gethostname(host.data(), host.size() - 1));
  return std::string(k_stranded) + host.data();
}

std::string hosts_of_stranded_ranks(const std::string& printed) {
  std::set<std::string> hosts;
  for (std::size_t at = printed.find(k_stranded); at != std::string::npos;
       at = printed.find(k_stranded, at + 1)) {
    std::istringstream rest(printed.substr(at + k_stranded.size()));
    std::string host;
    rest >> host;
    hosts.insert(as_plain_text(host));
  }
  std::string text;
  for (const std::string& host : hosts) {
    text += (text.empty() ? "" : ", ") + host;
  }
  return text;
}

std::string launcher_said(const std::string& printed) {
  std::istringstream lines(printed);
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.find(k_stranded) == std::string::npos ? line : "");
    for (std::string word; words >> word;) {
      text += (text.empty() ? "" : " ") + as_plain_text(word);
    }
  }
  if (text.size() > k_most_said) {
    text = text.substr(0, k_most_said) + "...";
  }
  return text.empty() ? "" : "; the launcher said: " + text;
}

}  // namespace assay
