// How long the emulated GPU takes beyond what its emulation takes.
#pragma once

namespace assay::emulated {

/// With each product or pass over memory: a slow GPU pauses, a throttled one waits for its next
/// period of 10 ms, so that its work has a bound that no host's speed changes. Real time and not a
/// clock of the machine's own: docs/decisions/0005-emulated-time.md.
void pace_product();

}  // namespace assay::emulated
