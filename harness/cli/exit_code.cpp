#include "harness/cli/exit_code.h"

namespace assay {

int exit_code_of(const Error& error) {
  switch (error.code) {
    case Error::Code::bad_input:
    case Error::Code::not_found:
    case Error::Code::unsupported: return k_exit_bad_input;
    case Error::Code::io:
    case Error::Code::device:
    case Error::Code::timeout:
    case Error::Code::not_witnessed: return k_exit_io;
  }
  return k_exit_bug;
}

int exit_code_of(Decision decision) {
  switch (decision) {
    case Decision::accepted:
    case Decision::limits_met: return k_exit_ok;
    case Decision::rejected:
    case Decision::limits_missed: return k_exit_rejected;
    case Decision::not_accepted: return k_exit_not_accepted;
  }
  return k_exit_bug;
}

}  // namespace assay
