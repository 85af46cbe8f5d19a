// storage.checkpoint: bandwidth of saving checkpoints for good, or of reading them back.
//
// Each client writes its shard under another name, syncs it, renames it over the one of before and
// syncs the directory. Restored is by other clients than those that saved, from files opened anew.
// Every byte is compared: of what was saved after its time, of what is restored inside it.
#include "harness/run/storage_case.h"

namespace assay {
namespace {

Result<Problem> problem(const Params& params) {
  auto files = storage_problem(params);
  if (!files) {
    return files.error();
  }
  files->op =
      params.at("direction") == "save" ? StorageProblem::Op::save : StorageProblem::Op::restore;
  return Problem{*files};
}

}  // namespace

Case storage_checkpoint() {
  Case made = storage_case(
      {.id = "storage.checkpoint",
       .summary = "Bandwidth of saving checkpoints until they are durable, or of restoring them, "
                  "every byte compared",
       .formula = "clients x shard_mib x 2^20 / time of the slowest client, from a common start to "
                  "the sync of the directory, or to the last byte compared",
       .params = {{.name = "direction",
                   .meaning = "save, or restore what other clients have saved",
                   .values = {"save", "restore"}}},
       .problem = problem},
      {{"shard_mib", "size of each client's shard in MiB"},
       {"request_kib", "size of one request in KiB", "1024"},
       {"depth", "requests in flight of each client", "8"}});
  made.scopes = {Scope::each_node};  // nodes are not timed at the same moments: no sum of theirs
  return made;
}

}  // namespace assay
