#include "harness/model/one_machine.h"

#include "harness/model/kept_facts.h"
#include "harness/model/order_words.h"

namespace assay {
namespace {

template <class T>
std::string difference(const std::string& what, const Fact<T>& one, const Fact<T>& other,
                       const std::string& unit = "") {
  if (!one.value || !other.value || *one.value == *other.value) {
    return "";
  }
  return "One look shows " + what + " as " + written(*one.value) + unit + ", another as " +
         written(*other.value) + unit + ".";
}

template <class Facts>
std::string first_difference(const Facts& facts, const GpuFacts& one, const GpuFacts& other) {
  for (const auto& [name, fact, unit] : facts) {
    std::string found = difference(named(one) + "'s " + name, one.*fact, other.*fact, unit);
    if (!found.empty()) {
      return found;
    }
  }
  return "";
}

std::string contradiction_of(const GpuFacts& one, const GpuFacts& other) {
  for (std::string found :
       {difference(named(one) + "'s UUID", one.uuid, other.uuid),
        first_difference(k_texts, one, other), first_difference(k_switches, one, other),
        first_difference(k_numbers, one, other)}) {
    if (!found.empty()) {
      return found;
    }
  }
  return "";
}

}  // namespace

std::string contradiction(const MachineFacts& one, const MachineFacts& other) {
  for (const GpuFacts& gpu : one.gpus) {
    const GpuFacts* same = gpu_in(other, gpu.index);
    std::string found =
        same == nullptr || !gpu.lost.empty() ? std::string() : contradiction_of(gpu, *same);
    if (!found.empty()) {
      return found;
    }
  }
  return "";
}

}  // namespace assay
