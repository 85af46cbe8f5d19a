// What a machine shows of itself, as JSON: in journals, in recordings and between processes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/model/gpu_facts.h"
#include "reports/json.h"

namespace assay {

/// Facts that are not shown stand in the member `not_shown` of their object, each with its reason.
[[nodiscard]] Json::Object json_of(const MachineFacts& facts);

/// The inverse; `place` names the object in messages. Every fact must stand either as itself or in
/// `not_shown`. Fails with bad_input, naming the member.
[[nodiscard]] Result<MachineFacts> read_machine_facts(const Json& value, const std::string& place);

/// A recorded machine (schema assay.machine/1): what it showed at one or more looks, in their
/// order. Their source becomes "replay", whatever it was. Fails with bad_input.
[[nodiscard]] Result<std::vector<MachineFacts>> read_recording(std::string_view text);

}  // namespace assay
