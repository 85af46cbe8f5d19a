#include "tests/doubles/cuda/tensor_graph.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "kernels/cuda/cudnn.h"
#include "kernels/number_bits.h"
#include "tests/doubles/cuda/device.h"

namespace assay::emulated {
namespace {

namespace dnn = cuda::dnn;

std::size_t count_of(const GraphSizes& sizes) {
  return static_cast<std::size_t>(sizes[0] * sizes[1] * sizes[2] * sizes[3]);
}

std::size_t bytes_of_type(int type) {
  return type == dnn::bf16 ? 2 : type == dnn::boolean ? 1 : 4;
}

/// Calls `visit` with each index of a tensor of these sizes.
template <class Visit>
void for_each_index(const GraphSizes& sizes, const Visit& visit) {
  for (GraphSizes at{}; at[0] < sizes[0]; ++at[0]) {
    for (at[1] = 0; at[1] < sizes[1]; ++at[1]) {
      for (at[2] = 0; at[2] < sizes[2]; ++at[2]) {
        for (at[3] = 0; at[3] < sizes[3]; ++at[3]) {
          visit(at);
        }
      }
    }
  }
}

/// The elements of a tensor, dense.
struct Elements {
  GraphSizes sizes{};
  std::vector<double> values;

  /// Where there is one of a dimension it stands for all.
  [[nodiscard]] double at(const GraphSizes& index) const { return values[place(index)]; }
  [[nodiscard]] std::size_t place(const GraphSizes& index) const {
    std::int64_t at = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      at = at * sizes.at(i) + (sizes.at(i) == 1 ? 0 : index.at(i));
    }
    return static_cast<std::size_t>(at);
  }
};

double rounded(int type, double value) {
  return type == dnn::bf16 ? value_of_bits(NumberType::bf16, rounded_bits(NumberType::bf16, value))
                           : static_cast<double>(static_cast<float>(value));
}

Error refused(const std::string& why) {
  return {Error::Code::bad_input, why};
}

class Run {
 public:
  explicit Run(const std::map<std::int64_t, void*>& pointers) : pointers_(pointers) {}

  Result<Done> operate(const AskedOperation& operation) {
    for (const AskedTensor* input : {operation.x, operation.b, operation.t}) {
      if (input == nullptr) {
        continue;
      }
      if (auto there = read(*input); !there) {
        return there;
      }
    }
    Elements made{.sizes = operation.y->sizes, .values = {}};
    made.values.resize(count_of(made.sizes));
    const bool known = operation.kind == dnn::matmul_op      ? multiply(operation, made)
                       : operation.kind == dnn::reduction_op ? reduce(operation, made)
                                                             : pointwise(operation, made);
    if (!known) {
      return refused("operands of an operation that don't fit together");
    }
    for (double& value : made.values) {
      value = rounded(operation.y->type, value);
    }
    auto stored = operation.y->is_virtual ? Result<Done>(Done{}) : store(*operation.y, made);
    elements_[operation.y] = std::move(made);
    return stored;
  }

 private:
  /// Byte `index` of a tensor in memory, as its strides say.
  static std::size_t offset(const AskedTensor& tensor, const GraphSizes& index) {
    std::int64_t at = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      at += index.at(i) * tensor.strides.at(i);
    }
    return static_cast<std::size_t>(at) * bytes_of_type(tensor.type);
  }

  Result<std::byte*> memory_of(const AskedTensor& tensor) {
    const auto found = pointers_.find(tensor.id);
    if (tensor.is_virtual || found == pointers_.end() || found->second == nullptr) {
      return refused("tensor " + std::to_string(tensor.id) + " is read before it is there");
    }
    auto* const data = static_cast<std::byte*>(found->second);
    const GraphSizes& sizes = tensor.sizes;
    const GraphSizes last{sizes[0] - 1, sizes[1] - 1, sizes[2] - 1, sizes[3] - 1};
    const std::size_t bytes = offset(tensor, last) + bytes_of_type(tensor.type);
    const bool aligned = reinterpret_cast<std::uintptr_t>(data) % 16 == 0;
    if (!tensor.is_by_value && (!aligned || !is_device_memory(data, bytes))) {
      return refused("tensor " + std::to_string(tensor.id) + " lies in no memory of the device");
    }
    return data;
  }

  Result<Done> read(const AskedTensor& tensor) {
    if (elements_.contains(&tensor)) {
      return Done{};
    }
    const auto data = memory_of(tensor);
    if (!data) {
      return data.error();
    }
    Elements made{.sizes = tensor.sizes, .values = {}};
    made.values.resize(count_of(tensor.sizes));
    for_each_index(tensor.sizes, [&](const GraphSizes& index) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, *data + offset(tensor, index), bytes_of_type(tensor.type));
      made.values[made.place(index)] =
          value_of_bits(tensor.type == dnn::bf16 ? NumberType::bf16 : NumberType::f32, bits);
    });
    elements_[&tensor] = std::move(made);
    return Done{};
  }

  Result<Done> store(const AskedTensor& tensor, const Elements& made) {
    const auto data = memory_of(tensor);
    if (!data) {
      return data.error();
    }
    const NumberType type = tensor.type == dnn::bf16 ? NumberType::bf16 : NumberType::f32;
    for_each_index(tensor.sizes, [&](const GraphSizes& index) {
      const std::uint64_t bits = rounded_bits(type, made.at(index));
      std::memcpy(*data + offset(tensor, index), &bits, bytes_of_type(tensor.type));
    });
    return Done{};
  }

  bool multiply(const AskedOperation& operation, Elements& y) {
    const Elements& a = elements_.at(operation.x);
    const Elements& b = elements_.at(operation.b);
    if (a.sizes[0] != b.sizes[0] || a.sizes[1] % b.sizes[1] != 0 || a.sizes[3] != b.sizes[2] ||
        y.sizes != GraphSizes{a.sizes[0], a.sizes[1], a.sizes[2], b.sizes[3]}) {
      return false;
    }
    const std::int64_t shared = a.sizes[1] / b.sizes[1];
    for_each_index(y.sizes, [&](const GraphSizes& at) {
      double sum = 0;
      for (std::int64_t k = 0; k < a.sizes[3]; ++k) {
        sum += a.at({at[0], at[1], at[2], k}) * b.at({at[0], at[1] / shared, k, at[3]});
      }
      y.values[y.place(at)] = sum;
    });
    return true;
  }

  bool reduce(const AskedOperation& operation, Elements& y) {
    const Elements& x = elements_.at(operation.x);
    const bool adds = operation.mode == dnn::sum;
    if ((!adds && operation.mode != dnn::maximum) ||
        y.sizes != GraphSizes{x.sizes[0], x.sizes[1], x.sizes[2], 1}) {
      return false;
    }
    std::fill(y.values.begin(), y.values.end(),
              adds ? 0.0 : -std::numeric_limits<double>::infinity());
    for_each_index(x.sizes, [&](const GraphSizes& at) {
      double& into = y.values[y.place(at)];
      into = adds ? into + x.at(at) : std::max(into, x.at(at));
    });
    return true;
  }

  static bool fits(const Elements& operand, const Elements& y) {
    for (std::size_t i = 0; i < 4; ++i) {
      if (operand.sizes.at(i) != 1 && operand.sizes.at(i) != y.sizes.at(i)) {
        return false;
      }
    }
    return true;
  }

  bool pointwise(const AskedOperation& operation, Elements& y) {
    const Elements* const x = &elements_.at(operation.x);
    const Elements* const b = operation.b == nullptr ? nullptr : &elements_.at(operation.b);
    const Elements* const t = operation.t == nullptr ? nullptr : &elements_.at(operation.t);
    const int mode = operation.mode;
    const bool unary = mode == dnn::exp || mode == dnn::log || mode == dnn::index_along;
    if (!fits(*x, y) || (b == nullptr) != unary || (t != nullptr) != (mode == dnn::select) ||
        (b != nullptr && !fits(*b, y)) || (t != nullptr && !fits(*t, y))) {
      return false;
    }
    bool known = true;
    for_each_index(y.sizes, [&](const GraphSizes& at) {
      const double left = x->at(at);
      const double right = b == nullptr ? 0 : b->at(at);
      double& to = y.values[y.place(at)];
      switch (mode) {
        case dnn::add: to = left + right; break;
        case dnn::multiply: to = left * right; break;
        case dnn::divide: to = left / right; break;
        case dnn::subtract: to = left - right; break;
        case dnn::exp: to = std::exp(left); break;
        case dnn::log: to = std::log(left); break;
        case dnn::at_least: to = left >= right ? 1 : 0; break;
        case dnn::index_along:
          to = static_cast<double>(at.at(static_cast<std::size_t>(operation.axis)));
          break;
        case dnn::select: to = t->at(at) != 0 ? left : right; break;
        default: known = false;
      }
    });
    return known;
  }

  const std::map<std::int64_t, void*>& pointers_;
  std::map<const AskedTensor*, Elements> elements_;
};

}  // namespace

Result<Done> run_graph(const std::vector<AskedOperation>& operations,
                       const std::map<std::int64_t, void*>& pointers) {
  Run run(pointers);
  for (const AskedOperation& operation : operations) {
    if (auto done = run.operate(operation); !done) {
      return done;
    }
  }
  return Done{};
}

}  // namespace assay::emulated
