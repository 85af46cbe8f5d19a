// The parties that sign, and the commitment each makes by signing.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace assay {

enum class Role { supplier, buyer, witness, lab };

struct RoleEntry {
  Role role;
  std::string_view name;
  std::string_view commitment;  ///< srCms: the URI of a commitment type of ETSI, or our own.
};
/// Without a signed role, signatures could be passed off as another party's.
inline constexpr std::array<RoleEntry, 4> k_roles{
    {{Role::supplier, "supplier", "http://uri.etsi.org/01903/v1.2.2#ProofOfOrigin"},
     {Role::buyer, "buyer", "http://uri.etsi.org/01903/v1.2.2#ProofOfApproval"},
     {Role::witness, "witness", "http://uri.etsi.org/01903/v1.2.2#ProofOfApproval"},
     {Role::lab, "lab", "urn:x-assay:commitment:independent-measurement"}}};

[[nodiscard]] constexpr const RoleEntry& entry_of(Role role) {
  return k_roles[static_cast<std::size_t>(role)];
}
[[nodiscard]] constexpr std::optional<Role> role_from(std::string_view name) {
  for (const RoleEntry& entry : k_roles) {
    if (entry.name == name) {
      return entry.role;
    }
  }
  return std::nullopt;
}
[[nodiscard]] constexpr bool is_commitment(std::string_view uri) {
  return std::any_of(k_roles.begin(), k_roles.end(),
                     [uri](const RoleEntry& entry) { return entry.commitment == uri; });
}

}  // namespace assay
