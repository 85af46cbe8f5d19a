// system.health: whether GPUs are whole before the first run and still after the last one.
//
// Nothing is executed. Each item is looked at twice; the second look is compared with the first one
// (harness/model/as_ordered.h). What the kernel log says of Xids is kept raw.
#include "harness/run/finding_case.h"

namespace assay {

Case system_health() {
  return finding_case({.id = "system.health",
                       .summary = "Health of the GPUs before and after the load: memory errors, "
                                  "remapped rows, NVLinks, thermal slowdown, Xids",
                       .formula = "1 if nothing is broken, and nothing became worse",
                       .scopes = {Scope::each_gpu, Scope::each_node}});
}

}  // namespace assay
