#include "tests/doubles/cuda/cudnn.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "kernels/cuda/cudnn.h"
#include "tests/doubles/cuda/device.h"
#include "tests/doubles/cuda/machine.h"
#include "tests/doubles/cuda/tensor_graph.h"

namespace assay::cuda::dnn {

struct HandleOpaque {};

}  // namespace assay::cuda::dnn

namespace assay::emulated {
namespace {

namespace dnn = cuda::dnn;

constexpr int k_bad_parameter = 2000;
constexpr int k_internal_error = 4000;
/// What the heuristic offers: numbers of no real engine. Of the first there is no plan after all.
constexpr std::array<std::int64_t, 2> k_engines{8, 10};
constexpr std::int64_t k_workspace = 64;

std::string last_said;

int refuse(int status, std::string why) {
  last_said = std::move(why);
  return status;
}

/// What was set of it.
struct Described {
  int kind = 0;
  bool is_final = false;
  std::map<int, std::vector<std::byte>> attributes;
  std::int64_t engine = -1;  ///< Of a configuration or engine that the library filled in.
  AskedTensor tensor;        ///< Once it is final.
  AskedOperation operation;

  template <class Element>
  [[nodiscard]] std::vector<Element> all(int attribute) const {
    const auto found = attributes.find(attribute);
    if (found == attributes.end()) {
      return {};
    }
    std::vector<Element> elements(found->second.size() / sizeof(Element));
    std::memcpy(elements.data(), found->second.data(), elements.size() * sizeof(Element));
    return elements;
  }
  template <class Element>
  [[nodiscard]] Element one(int attribute, Element otherwise) const {
    const auto found = attributes.find(attribute);
    if (found == attributes.end() || found->second.size() != sizeof(Element)) {
      return otherwise;
    }
    Element element{};
    std::memcpy(&element, found->second.data(), sizeof element);
    return element;
  }
  [[nodiscard]] const Described* at(int attribute) const {
    return static_cast<const Described*>(one<dnn::Descriptor>(attribute, nullptr));
  }
};

std::size_t size_of(int type) {
  switch (type) {
    case dnn::boolean_type: return sizeof(bool);
    case dnn::int64_type:
    case dnn::handle_type:
    case dnn::pointer_type:
    case dnn::descriptor_type: return 8;
    default: return sizeof(int);
  }
}

const AskedTensor* tensor_at(const Described& operation, int attribute) {
  const Described* const tensor = operation.at(attribute);
  return tensor != nullptr && tensor->kind == dnn::tensor && tensor->is_final ? &tensor->tensor
                                                                              : nullptr;
}

bool finalize_tensor(Described& described) {
  const auto sizes = described.all<std::int64_t>(dnn::tensor_dimensions);
  const auto strides = described.all<std::int64_t>(dnn::tensor_strides);
  AskedTensor& made = described.tensor;
  made.id = described.one<std::int64_t>(dnn::tensor_id, 0);
  made.type = described.one(dnn::tensor_type, -1);
  made.is_virtual = described.one(dnn::tensor_is_virtual, false);
  made.is_by_value = described.one(dnn::tensor_is_by_value, false);
  if (sizes.size() != made.sizes.size() || strides.size() != sizes.size() || made.id == 0 ||
      made.type < 0 || described.one<std::int64_t>(dnn::tensor_alignment, 0) == 0) {
    return false;
  }
  std::copy(sizes.begin(), sizes.end(), made.sizes.begin());
  std::copy(strides.begin(), strides.end(), made.strides.begin());
  return true;
}

/// Where an operation's tensors, its description and that one's mode and type are set.
struct Layout {
  int kind, how_kind, how, x, b, t, y, mode, type;
};
constexpr std::array<Layout, 3> k_layouts{
    {{dnn::matmul_op, dnn::matmul, dnn::matmul_op_is, dnn::matmul_op_a, dnn::matmul_op_b, -1,
      dnn::matmul_op_c, -1, dnn::matmul_type},
     {dnn::pointwise_op, dnn::pointwise, dnn::pointwise_op_is, dnn::pointwise_op_x,
      dnn::pointwise_op_b, dnn::pointwise_op_t, dnn::pointwise_op_y, dnn::pointwise_mode,
      dnn::pointwise_type},
     {dnn::reduction_op, dnn::reduction, dnn::reduction_op_is, dnn::reduction_op_x, -1, -1,
      dnn::reduction_op_y, dnn::reduction_mode, dnn::reduction_type}}};

bool finalize_operation(Described& described, const Layout& layout) {
  const Described* const how = described.at(layout.how);
  if (how == nullptr || how->kind != layout.how_kind || !how->is_final) {
    return false;
  }
  described.operation = {.kind = layout.kind,
                         .mode = how->one(layout.mode, -1),
                         .computed_in = how->one(layout.type, -1),
                         .axis = how->one<std::int64_t>(dnn::pointwise_axis, -1),
                         .x = tensor_at(described, layout.x),
                         .b = tensor_at(described, layout.b),
                         .t = tensor_at(described, layout.t),
                         .y = tensor_at(described, layout.y)};
  return described.operation.x != nullptr && described.operation.y != nullptr &&
         described.operation.computed_in >= 0;
}

bool finalize_graph(const Described& described) {
  const auto operations = described.all<Described*>(dnn::graph_ops);
  return !operations.empty() &&
         std::all_of(operations.begin(), operations.end(),
                     [](const Described* operation) { return operation->is_final; });
}

int create(dnn::Handle* handle) {
  *handle = new dnn::HandleOpaque;
  return dnn::k_success;
}
int destroy(dnn::Handle handle) {
  delete handle;
  return dnn::k_success;
}
int set_stream(dnn::Handle /*handle*/, cudaStream_t /*stream*/) {
  return dnn::k_success;
}
void last_error(char* message, std::size_t size) {
  std::memset(message, 0, size);
  last_said.copy(message, size - 1);
}

int descriptor_create(int kind, dnn::Descriptor* descriptor) {
  auto* const made = new Described;
  made->kind = kind;
  *descriptor = made;
  return dnn::k_success;
}
int descriptor_destroy(dnn::Descriptor descriptor) {
  delete static_cast<Described*>(descriptor);
  return dnn::k_success;
}

int set(dnn::Descriptor descriptor, int attribute, int type, std::int64_t count,
        const void* elements) {
  auto& described = *static_cast<Described*>(descriptor);
  if (described.is_final) {
    return refuse(k_bad_parameter, "it is final");
  }
  const auto* const bytes = static_cast<const std::byte*>(elements);
  described.attributes[attribute].assign(bytes,
                                         bytes + static_cast<std::size_t>(count) * size_of(type));
  return dnn::k_success;
}

int finalize(dnn::Descriptor descriptor) {
  auto& described = *static_cast<Described*>(descriptor);
  bool good = !described.is_final;
  if (described.kind == dnn::tensor) {
    good = good && finalize_tensor(described);
  } else if (described.kind == dnn::graph) {
    good = good && finalize_graph(described);
  } else if (described.kind == dnn::plan) {
    const Described* const config = described.at(dnn::plan_config);
    if (config != nullptr && config->engine == k_engines.front()) {
      return refuse(dnn::k_not_supported, "this engine can't after all");
    }
    good = good && config != nullptr && config->engine >= 0;
  }
  for (const Layout& layout : k_layouts) {
    if (described.kind == layout.kind) {
      good = good && finalize_operation(described, layout);
    }
  }
  described.is_final = good;
  return good ? dnn::k_success : refuse(k_bad_parameter, "something is missing");
}

int results_of(const Described& heuristic, std::int64_t wanted, std::int64_t* count,
               dnn::Descriptor* configs) {
  *count = 0;
  if (fault_here() == Fault::other_arch) {
    return dnn::k_success;  // None, and no error: as the real one.
  }
  for (const std::int64_t engine : k_engines) {
    if (*count < wanted) {
      auto& config = *static_cast<Described*>(configs[(*count)++]);
      config.engine = engine;
      config.attributes = heuristic.attributes;
      config.is_final = true;
    }
  }
  return dnn::k_success;
}

int get(dnn::Descriptor descriptor, int attribute, int /*type*/, std::int64_t wanted,
        std::int64_t* count, void* elements) {
  const auto& described = *static_cast<const Described*>(descriptor);
  if (!described.is_final) {
    return refuse(k_bad_parameter, "it is not final");
  }
  if (attribute == dnn::heuristic_results) {
    return results_of(described, wanted, count, static_cast<dnn::Descriptor*>(elements));
  }
  *count = 1;
  if (attribute == dnn::config_engine) {
    auto& engine = **static_cast<Described**>(elements);
    engine.engine = described.engine;
    engine.is_final = true;
    return dnn::k_success;
  }
  const std::int64_t number =
      attribute == dnn::engine_index ? described.engine : std::int64_t{k_workspace};
  std::memcpy(elements, &number, sizeof number);
  return dnn::k_success;
}

int execute(dnn::Handle /*handle*/, dnn::Descriptor plan, dnn::Descriptor pack) {
  const Described& config = *static_cast<const Described*>(plan)->at(dnn::plan_config);
  const Described* const graph = config.at(dnn::heuristic_graph);
  const auto& pointed = *static_cast<const Described*>(pack);
  const auto ids = pointed.all<std::int64_t>(dnn::pack_ids);
  const auto data = pointed.all<void*>(dnn::pack_pointers);
  auto* const workspace = pointed.one<void*>(dnn::pack_workspace, nullptr);
  if (!pointed.is_final || graph == nullptr || ids.size() != data.size() ||
      !is_device_memory(workspace, static_cast<std::size_t>(k_workspace))) {
    return refuse(k_bad_parameter, "pointers that can't be used");
  }
  if (fault_here() == Fault::broken_library) {
    return refuse(k_internal_error, "it broke");
  }
  std::map<std::int64_t, void*> pointers;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    pointers[ids[i]] = data[i];
  }
  std::vector<AskedOperation> operations;
  for (const Described* const operation : graph->all<Described*>(dnn::graph_ops)) {
    operations.push_back(operation->operation);
  }
  if (fault_here() == Fault::other_attention) {
    // The scale is left out: what follows reads the scores as they were.
    const AskedTensor* const unscaled = operations.at(0).y;
    const AskedTensor* const scaled = operations.at(1).y;
    operations.erase(operations.begin() + 1);
    for (AskedOperation& operation : operations) {
      operation.x = operation.x == scaled ? unscaled : operation.x;
    }
  }
  const auto ran = run_graph(operations, pointers);
  return ran ? dnn::k_success : refuse(k_bad_parameter, ran.error().message);
}

template <class Function>
void* address(Function* function) {
  return reinterpret_cast<void*>(function);
}

}  // namespace

void* cudnn_function(std::string_view name) {
  const std::map<std::string_view, void*> functions{
      {"cudnnCreate", address(create)},
      {"cudnnDestroy", address(destroy)},
      {"cudnnSetStream", address(set_stream)},
      {"cudnnGetLastErrorString", address(last_error)},
      {"cudnnBackendCreateDescriptor", address(descriptor_create)},
      {"cudnnBackendDestroyDescriptor", address(descriptor_destroy)},
      {"cudnnBackendSetAttribute", address(set)},
      {"cudnnBackendGetAttribute", address(get)},
      {"cudnnBackendFinalize", address(finalize)},
      {"cudnnBackendExecute", address(execute)}};
  const auto found = functions.find(name);
  return found == functions.end() ? nullptr : found->second;
}

}  // namespace assay::emulated
