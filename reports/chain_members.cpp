#include "reports/chain_members.h"

#include "reports/time_of_day.h"

namespace assay {

void take_chain_members(Members& members) {
  for (const std::string_view name : {"kind", "seq", "prev"}) {
    static_cast<void>(members.optional(name));
  }
}

std::int64_t take_time(Members& members, std::string_view name) {
  const auto time = time_from(members.text(name));
  if (!time) {
    members.fail(name, time.error().message);
    return 0;
  }
  return *time;
}

}  // namespace assay
