// storage.metadata: operations a second on small files.
//
// Each file holds one block. What is created or deleted is durable inside the time (syncfs at the
// end of a step); looked up and listed are files of other clients. All names are compared, and all
// that is in what was created.
#include <array>

#include "harness/run/storage_case.h"

namespace assay {
namespace {

Result<Problem> problem(const Params& params) {
  using Op = StorageProblem::Op;
  auto files = storage_problem(params);
  if (!files) {
    return files.error();
  }
  for (const Op op : std::array{Op::create, Op::stat, Op::list, Op::remove}) {
    if (params.at("op") == name_of(op)) {
      files->op = op;
    }
  }
  files->shared = params.at("directory") == "shared";
  files->cold = params.at("names") == "dropped";
  return Problem{*files};
}

}  // namespace

Case storage_metadata() {
  Case made = storage_case(
      {.id = "storage.metadata",
       .summary = "Operations a second on small files, all names compared",
       .formula = "operations of all clients / time of the slowest, with its syncfs; a list counts "
                  "names",
       .params = {{.name = "op",
                   .meaning = "create with one block in it, look up, list, or delete",
                   .values = {"create", "stat", "list", "delete"}},
                  {.name = "directory",
                   .meaning = "each client in one of its own, or all in one",
                   .values = {"private", "shared"}},
                  {.name = "names",
                   .meaning = "kept in the system's caches, or dropped before every step (root)",
                   .values = {"kept", "dropped"}}},
       .problem = problem},
      {{"files", "files of each client in a step"}});
  made.scopes = {Scope::each_node};  // nodes are not timed at the same moments: no sum of theirs
  made.dimension = [](const Params&) { return Dimension::op_rate; };
  return made;
}

}  // namespace assay
