// From a signer's certificate to an anchor of the verifier.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "reports/certificate.h"
#include "reports/signature_fault.h"

namespace assay {

/// What is wrong with the chain at Unix time `at_s`, or nothing. `chain` is the signer's
/// certificate and what came with it: only a way to an anchor, never trusted itself. No revocation.
[[nodiscard]] std::optional<SignatureFault> check_chain(std::span<const Certificate> chain,
                                                        std::span<const Bytes> anchors,
                                                        std::int64_t at_s);

}  // namespace assay
