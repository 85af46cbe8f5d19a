// What the decoders of journal lines share.
#pragma once

#include <cstdint>
#include <string_view>

#include "reports/members.h"

namespace assay {

/// Takes `kind`, `seq` and `prev`, which read_journal() has checked.
void take_chain_members(Members& members);

/// A required time of day, in ns since 1970-01-01.
std::int64_t take_time(Members& members, std::string_view name);

}  // namespace assay
