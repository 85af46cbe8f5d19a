#include "reports/machine_line.h"

#include "reports/chain_members.h"
#include "reports/declared_variables.h"
#include "reports/shown.h"

namespace assay {

Result<MachineLine> read_machine_line(const Json& line) {
  Members members(line, "");
  take_chain_members(members);
  MachineLine read;
  read.inventory = members.object("inventory");
  read.environment = members.object("environment");
  read.objects = members.array("objects");
  if (const Result<Done> done = members.done(); !done) {
    return done.error();
  }
  for (const auto& [name, value] : *read.environment->object()) {
    if (!is_declared_variable(name) || value.text() == nullptr) {
      return Error{Error::Code::bad_input,
                   "environment: '" + shown(name) + "' is no variable that a worker is given"};
    }
  }
  return read;
}

}  // namespace assay
