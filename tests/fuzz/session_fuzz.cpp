// A session that is read is written back as the canonical form of what was read.
#include "reports/json.h"
#include "reports/session.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = assay::as_text(data, size);
  const auto session = assay::read_session(text);
  if (!session) {
    assay::require(!session.error().message.empty(), "a refusal says why");
    return 0;
  }
  const auto document = assay::read_json(text);
  assay::require(document.has_value(), "a session is JSON");
  assay::require(write_session(*session) == assay::canonical_json(*document),
                 "nothing of a session is lost or invented");
  return 0;
}
