#include "kernels/shared_library.h"

#include <dlfcn.h>

namespace assay {
namespace {

std::string joined(const std::vector<std::string>& parts, const std::string& between) {
  std::string text;
  for (const std::string& part : parts) {
    text += (text.empty() ? "" : between) + part;
  }
  return text;
}

/// Whether the loader's sentence says that this very file is not there, and not one that it needs.
bool is_absence(const std::string& sentence, const std::string& file) {
  return sentence.starts_with(file + ": cannot open shared object file: No such file");
}

}  // namespace

Result<SharedLibrary> SharedLibrary::open(const std::vector<std::string>& names,
                                          const std::vector<std::string>& folders) {
  for (const std::string& name : names) {
    std::vector<std::string> files{name};
    for (const std::string& folder : folders) {
      files.push_back(folder + name);
    }
    for (const std::string& file : files) {
      if (void* const handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
        return SharedLibrary(name,
                             [handle](const char* function) { return ::dlsym(handle, function); });
      }
      if (const std::string sentence = ::dlerror(); !is_absence(sentence, file)) {
        return Error{Error::Code::unsupported, name + " can't be loaded: " + sentence};
      }
    }
  }
  return Error{Error::Code::unsupported,
               joined(names, " or ") + " is not there (looked where the loader does" +
                   (folders.empty() ? "" : " and in ") + joined(folders, " and ") + ")"};
}

}  // namespace assay
