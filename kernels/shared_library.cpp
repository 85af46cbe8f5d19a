#include "kernels/shared_library.h"

#include <dlfcn.h>

#include <utility>

namespace assay {
namespace {

std::string joined(const std::vector<std::string>& parts, const std::string& between) {
  std::string text;
  for (const std::string& part : parts) {
    text += (text.empty() ? "" : between) + part;
  }
  return text;
}

struct Place {
  std::string name, file;
};

/// Each name where the loader looks by itself, and then in the folders.
std::vector<Place> places_of(const std::vector<std::string>& names,
                             const std::vector<std::string>& folders) {
  std::vector<Place> places;
  for (const std::string& name : names) {
    places.push_back({name, name});
    for (const std::string& folder : folders) {
      places.push_back({name, folder + name});
    }
  }
  return places;
}

/// Whether the loader's sentence says that this very file is not there, and not one that it needs.
bool is_absence(const std::string& sentence, const std::string& file) {
  return sentence.starts_with(file + ": cannot open shared object file: No such file");
}

}  // namespace

Result<SharedLibrary> SharedLibrary::open(const std::vector<std::string>& names,
                                          const std::vector<std::string>& folders) {
  for (const auto& [name, file] : places_of(names, folders)) {
    if (void* const handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
      return SharedLibrary(name,
                           [handle](const char* function) { return ::dlsym(handle, function); });
    }
    if (const std::string sentence = ::dlerror(); !is_absence(sentence, file)) {
      std::string why = name;
      why.append(" can't be loaded: ").append(sentence);
      return Error{Error::Code::unsupported, std::move(why)};
    }
  }
  return Error{Error::Code::unsupported,
               joined(names, " or ") + " is not there (looked where the loader does" +
                   (folders.empty() ? "" : " and in ") + joined(folders, " and ") + ")"};
}

}  // namespace assay
