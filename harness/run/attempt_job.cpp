#include "harness/run/attempt_job.h"

namespace assay {
namespace {

constexpr std::int64_t k_long_window_ns = 60'000'000'000;
constexpr std::int64_t k_long_share_ppm = 10'000;
constexpr std::int64_t k_short_share_ppm = 20'000;

std::string scratch_of(const RunRequest& request) {
  return request.scratch.empty() ? request.folder : request.scratch;
}

}  // namespace

std::string device_of(const std::string& item) {
  const std::string last = item.substr(item.rfind('/') + 1);
  const bool is_node = last.front() >= '0' && last.front() <= '9';
  return is_node ? "" : last;
}

Job selftest_job(const RunRequest& request, const CampaignFolder& folder,
                 const Prepared& prepared) {
  Job job;
  job.kind = Job::Kind::selftest;
  job.backend = request.backend;
  job.selftest.seed = folder.session.nonce.anchor;
  job.selftest.conditions = prepared.contract.conditions;
  job.selftest.has_collectives = has_collectives(prepared.plan);
  job.selftest.has_fio = has_fio(prepared.plan);
  job.selftest.has_gpu_files = has_gpu_files(prepared.plan);
  job.scratch = job.selftest.has_gpu_files ? scratch_of(request) : "";
  return job;
}

Job job_of(const PlannedClause& planned, const AttemptBegin& begin, const RunRequest& request,
           const CampaignFolder& folder) {
  Job job;
  if (begin.order) {
    job.kind = Job::Kind::find;
    job.find = {.gpu = begin.order->gpu,
                .needs_gpus = begin.order->line.gpus.has_value(),
                .look = begin.before ? 1U : 0U};
  }
  job.backend = planned.on_host ? "host" : request.backend;
  job.device = device_of(begin.item);
  job.case_id = planned.case_id;
  job.params = planned.params;
  job.scratch = scratch_of(request);
  job.round = begin.attempt.round;
  WindowPlan& window = job.window;
  window.soak_ns = static_cast<std::int64_t>(planned.soak_ns);
  window.window_ns = static_cast<std::int64_t>(planned.window_ns);
  window.shortest_block_ns = static_cast<std::int64_t>(planned.block_ns);
  window.check_share_ppm =
      window.window_ns >= k_long_window_ns ? k_long_share_ppm : k_short_share_ppm;
  window.link = nonce_link(folder.last_link, folder.session.nonce.rounds, job.round);
  window.clause = planned.id;
  window.item = begin.item;
  window.attempt = begin.attempt.number;
  return job;
}

std::vector<std::string> marks_of(const RunRequest& request) {
  std::vector<std::string> marks = request.marks;
  if (!request.recording.empty()) {
    marks.emplace_back("replayed");
  }
  return marks;
}

}  // namespace assay
