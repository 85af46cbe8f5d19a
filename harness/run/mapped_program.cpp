#include "harness/run/mapped_program.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "kernels/host/storage_files.h"

namespace assay {

Result<std::shared_ptr<void>> mapped_program(const std::string& file) {
  const storage::OwnedDescriptor program(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  void* const start = ::mmap(nullptr, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, program.number(), 0);
  if (start == MAP_FAILED) {
    return Error{Error::Code::unsupported,
                 file + " can't be read, so that nobody could say which program it was"};
  }
  return std::shared_ptr<void>(start, [](void* held) { ::munmap(held, 1); });
}

}  // namespace assay
