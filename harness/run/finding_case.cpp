#include "harness/run/finding_case.h"

#include <cassert>

#include "harness/model/as_ordered.h"

namespace assay {

Case finding_case(Case base) {
  assert(is_finding(base.id));
  base.rules = {Rule::once};
  for (const OrderParam& param : order_params(base.id)) {
    base.params.push_back({.name = param.name,
                           .meaning = param.meaning,
                           .values = param.words,
                           .whole = param.whole,
                           .fallback = ""});
  }
  base.dimension = [](const Params&) { return Dimension::count; };
  return base;
}

}  // namespace assay
