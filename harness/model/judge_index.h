// Attempts by clause and item, found once: four bytes an attempt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "harness/model/evidence.h"

namespace assay {

/// Indices into the attempts, grouped by clause, each group in the order of the evidence.
class ByClause {
 public:
  ByClause(const std::vector<Clause>& clauses, const std::vector<Attempt>& attempts);

  [[nodiscard]] std::span<const std::uint32_t> of(std::size_t clause) const;
  /// Those that name no clause of the contract.
  [[nodiscard]] std::span<const std::uint32_t> strays() const { return of(begins_.size() - 2); }

 private:
  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> begins_;  // one per clause, one for strays, and the end
};

/// One clause's attempts, grouped by item.
class ByItem {
 public:
  /// `bound`: which items of the roster the clause binds.
  ByItem(std::span<const std::uint32_t> of_clause, const std::vector<Attempt>& attempts,
         const std::vector<bool>& bound);

  [[nodiscard]] std::span<const std::uint32_t> of(ItemIndex item) const;
  /// Those of items that the clause does not bind.
  [[nodiscard]] std::span<const std::uint32_t> strays() const {
    return of(static_cast<ItemIndex>(begins_.size() - 2));
  }

 private:
  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> begins_;
};

}  // namespace assay
