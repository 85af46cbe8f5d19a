// What to tell somebody who looks at a campaign that has not come to its end.
#pragma once

#include <string>
#include <vector>

namespace assay {

/// Journals of the campaign in `folder` that have no `close` as their last line:
/// "journal/00000.jsonl". Empty also where the folder holds no session. Nothing of them is checked.
[[nodiscard]] std::vector<std::string> unfinished_journals(const std::string& folder);

/// What is missing and how to go on, in one sentence; "" if no journal is unfinished.
[[nodiscard]] std::string advice_if_unfinished(const std::string& folder);

}  // namespace assay
