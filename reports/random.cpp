#include "reports/random.h"

#include <sys/random.h>

namespace assay {

Result<Digest> random_digest() {
  Digest digest{};
  if (::getrandom(digest.data(), digest.size(), 0) != static_cast<ssize_t>(digest.size())) {
    return Error{Error::Code::io, "the kernel gives no random bytes"};
  }
  return digest;
}

}  // namespace assay
