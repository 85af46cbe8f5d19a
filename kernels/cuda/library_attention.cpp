#include "kernels/cuda/library_attention.h"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>
#include <vector>

namespace assay::cuda {
namespace {

constexpr std::size_t k_configs = 8;

}  // namespace

Result<std::unique_ptr<LibraryAttention>> LibraryAttention::make(const AttentionProblem& problem,
                                                                 cudaStream_t stream) {
  auto cudnn = load_cudnn();
  if (!cudnn) {
    return cudnn.error();
  }
  std::unique_ptr<LibraryAttention> made(new LibraryAttention(*cudnn, problem.causal));
  if (auto begun = made->begin(stream); !begun) {
    return begun.error();
  }
  made->scale_ = static_cast<float>(k_score_bits * std::numbers::ln2);
  made->lowest_ = std::numeric_limits<float>::lowest();
  const dnn::Descriptor graph = AttentionGraph::build(made->builder_, problem, made->own_.handle);
  if (auto chosen = made->choose(graph); !chosen) {
    return chosen.error();
  }
  auto logarithms = DeviceBuffer::of_bytes(query_rows(problem) * sizeof(float));
  if (!logarithms) {
    return logarithms.error();
  }
  made->logarithms_ = std::move(*logarithms);
  return made;
}

LibraryAttention::OwnHandle::~OwnHandle() {
  if (handle != nullptr) {
    static_cast<void>(cudnn.destroy(handle));
  }
}

Result<Done> LibraryAttention::begin(cudaStream_t stream) {
  if (auto done = check_dnn(cudnn_, cudnn_.create(&own_.handle), "cudnnCreate"); !done) {
    return done;
  }
  return check_dnn(cudnn_, cudnn_.set_stream(own_.handle, stream), "cudnnSetStream");
}

Result<std::int64_t> LibraryAttention::number(dnn::Descriptor of, dnn::Attribute attribute) const {
  std::int64_t value = 0;
  std::int64_t count = 0;
  const int status = cudnn_.get(of, attribute, dnn::int64_type, 1, &count, &value);
  if (auto done =
          check_dnn(cudnn_, status, "cudnnBackendGetAttribute of " + std::to_string(attribute));
      !done) {
    return done.error();
  }
  return value;
}

Result<Done> LibraryAttention::choose(dnn::Descriptor graph) {
  const dnn::Descriptor heuristic = builder_.make(dnn::heuristic);
  builder_.point(heuristic, dnn::heuristic_graph, graph);
  builder_.set(heuristic, dnn::heuristic_mode, dnn::heuristic_mode_type, dnn::k_heuristic_a);
  builder_.finalize(heuristic, "the heuristic");
  std::array<dnn::Descriptor, k_configs> configs{};
  for (dnn::Descriptor& config : configs) {
    config = builder_.make(dnn::engine_config);
  }
  if (!builder_.done()) {
    return builder_.done();
  }
  std::int64_t found = 0;
  const int status = cudnn_.get(heuristic, dnn::heuristic_results, dnn::descriptor_type, k_configs,
                                &found, configs.data());
  if (auto done = check_dnn(cudnn_, status, "cudnnBackendGetAttribute of the heuristic's results");
      !done) {
    return done;
  }
  Result<Done> planned = Error{Error::Code::unsupported, "cuDNN has no engine for this attention"};
  for (std::int64_t i = 0; i < found && i < static_cast<std::int64_t>(k_configs); ++i) {
    planned = plan_for(configs.at(static_cast<std::size_t>(i)));
    if (planned || planned.error().code != Error::Code::unsupported) {
      return planned;
    }
  }
  return planned;
}

Result<Done> LibraryAttention::plan_for(dnn::Descriptor config) {
  plan_ = std::make_unique<GraphBuilder>(cudnn_);
  plan_descriptor_ = plan_->make(dnn::plan);
  plan_->set(plan_descriptor_, dnn::plan_handle, dnn::handle_type, own_.handle);
  plan_->point(plan_descriptor_, dnn::plan_config, config);
  plan_->finalize(plan_descriptor_, "the plan");
  dnn::Descriptor engine = plan_->make(dnn::engine);
  if (!plan_->done()) {
    return plan_->done();
  }
  std::int64_t count = 0;
  const int status =
      cudnn_.get(config, dnn::config_engine, dnn::descriptor_type, 1, &count, &engine);
  if (auto done = check_dnn(cudnn_, status, "cudnnBackendGetAttribute of the engine"); !done) {
    return done;
  }
  const auto index = number(engine, dnn::engine_index);
  const auto bytes = number(plan_descriptor_, dnn::plan_workspace_bytes);
  if (!index || !bytes) {
    return index ? bytes.error() : index.error();
  }
  auto workspace = DeviceBuffer::of_bytes(static_cast<std::uint64_t>(*bytes));
  if (!workspace) {
    return workspace.error();
  }
  engine_ = *index;
  workspace_ = std::move(*workspace);
  return Done{};
}

Result<Done> LibraryAttention::bind(const AttentionViews& operands, std::byte* to) {
  using Id = AttentionGraph::Id;
  std::vector<std::int64_t> ids{Id::q, Id::k, Id::v, Id::o, Id::logarithms, Id::scale};
  std::vector<const void*> pointers{operands.q, operands.k,         operands.v,
                                    to,         logarithms_.data(), &scale_};
  if (causal_) {
    ids.push_back(Id::lowest);
    pointers.push_back(&lowest_);
  }
  pack_ = std::make_unique<GraphBuilder>(cudnn_);
  pack_descriptor_ = pack_->make(dnn::variant_pack);
  pack_->set(pack_descriptor_, dnn::pack_ids, dnn::int64_type, std::span<const std::int64_t>(ids));
  pack_->set(pack_descriptor_, dnn::pack_pointers, dnn::pointer_type,
             std::span<const void* const>(pointers));
  pack_->set(pack_descriptor_, dnn::pack_workspace, dnn::pointer_type, workspace_.data());
  pack_->finalize(pack_descriptor_, "the pointers");
  return pack_->done();
}

Result<Done> LibraryAttention::launch() const {
  return check_dnn(cudnn_, cudnn_.execute(own_.handle, plan_descriptor_, pack_descriptor_),
                   "cudnnBackendExecute");
}

}  // namespace assay::cuda
