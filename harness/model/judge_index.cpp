#include "harness/model/judge_index.h"

#include <string_view>
#include <unordered_map>

namespace assay {
namespace {

/// A stable counting sort of `indices` by group_of(index) in 0..groups-1. Group g is
/// order[begins[g]] to order[begins[g + 1]].
template <class GroupOf>
void sort_into(std::span<const std::uint32_t> indices, std::size_t groups, GroupOf group_of,
               std::vector<std::uint32_t>& order, std::vector<std::uint32_t>& begins) {
  std::vector<std::uint32_t> group(indices.size());
  begins.assign(groups + 1, 0);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    group[i] = static_cast<std::uint32_t>(group_of(indices[i]));
    ++begins[group[i] + 1];
  }
  for (std::size_t g = 0; g < groups; ++g) {
    begins[g + 1] += begins[g];
  }
  order.resize(indices.size());
  std::vector<std::uint32_t> next(begins.begin(), begins.end() - 1);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    order[next[group[i]]++] = indices[i];
  }
}

}  // namespace

ByClause::ByClause(const std::vector<Clause>& clauses, const std::vector<Attempt>& attempts) {
  std::unordered_map<std::string_view, std::size_t> number_of;
  for (std::size_t i = 0; i < clauses.size(); ++i) {
    number_of.emplace(clauses[i].id, i);
  }
  std::vector<std::uint32_t> all(attempts.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = static_cast<std::uint32_t>(i);
  }
  const auto group_of = [&](std::uint32_t index) {
    const auto found = number_of.find(attempts[index].clause);
    return found == number_of.end() ? clauses.size() : found->second;
  };
  sort_into(all, clauses.size() + 1, group_of, order_, begins_);
}

std::span<const std::uint32_t> ByClause::of(std::size_t clause) const {
  return std::span(order_).subspan(begins_[clause], begins_[clause + 1] - begins_[clause]);
}

ByItem::ByItem(std::span<const std::uint32_t> of_clause, const std::vector<Attempt>& attempts,
               const std::vector<bool>& bound) {
  const auto group_of = [&](std::uint32_t index) {
    const ItemIndex item = attempts[index].item;
    return item < bound.size() && bound[item] ? std::size_t{item} : bound.size();
  };
  sort_into(of_clause, bound.size() + 1, group_of, order_, begins_);
}

std::span<const std::uint32_t> ByItem::of(ItemIndex item) const {
  return std::span(order_).subspan(begins_[item], begins_[item + 1] - begins_[item]);
}

}  // namespace assay
