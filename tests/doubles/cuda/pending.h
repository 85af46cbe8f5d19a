// What a stream of the emulated device can't do at once, because other processes have their part in
// it.
#pragma once

#include <functional>

namespace assay::emulated {

/// Goes on with the work; true when it is done. Never waits.
using Pending = std::function<bool()>;

/// Done at once if it can be and nothing is before it.
void queue_pending(Pending work);
/// Goes on with what was queued; true when nothing is left.
[[nodiscard]] bool nothing_pending();
/// Waits for the end of all that was queued.
void finish_pending();
void drop_pending();

}  // namespace assay::emulated
