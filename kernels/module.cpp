#include "kernels/module.h"

#include <dlfcn.h>

#include <array>
#include <filesystem>
#include <system_error>

#include "kernels/module_abi.h"

namespace assay {
namespace {

Error refuse(std::string sentence) {
  return {Error::Code::unsupported, std::move(sentence)};
}

/// As a path with a slash: the loader looks for a bare name in folders of its own.
Result<std::string> given_module(const std::string& path) {
  std::error_code error;
  const auto type = std::filesystem::status(path, error).type();
  if (type == std::filesystem::file_type::not_found) {
    return refuse("the module " + path + " is not there");
  }
  if (error) {
    return refuse("the module " + path + " can't be looked at: " + error.message());
  }
  if (type != std::filesystem::file_type::regular) {
    return refuse("the module " + path + " is no file");
  }
  const auto whole = std::filesystem::absolute(path, error);
  return error ? refuse("the module " + path + " can't be found: " + error.message())
               : Result<std::string>(whole.string());
}

Result<const ModuleDescription*> describe(const std::string& path) {
  // Its own names stay its own, and what it lacks shows now and not in a window.
  void* const module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) {
    return refuse("the module " + path + " cannot be loaded: " + ::dlerror());
  }
  auto* const function = reinterpret_cast<ModuleFunction*>(::dlsym(module, k_module_function));
  const ModuleDescription* const description = function == nullptr ? nullptr : function();
  if (description == nullptr) {
    return refuse(path + " is no module of this program: it has no " + k_module_function);
  }
  if (description->abi != k_module_abi) {
    return refuse("the module " + path + " has interface " + std::to_string(description->abi) +
                  ", and this program " + std::to_string(k_module_abi));
  }
  if (std::string_view(description->build) != ASSAY_MODULE_BUILD) {
    return refuse("the module " + path + " is of another build (" + description->build +
                  ") than this program (" ASSAY_MODULE_BUILD "); install both from one package");
  }
  return description;
}

}  // namespace

Result<std::string> find_module(std::string_view name, const ModuleChoice& choice) {
  if (!choice.path.empty()) {
    return given_module(choice.path);
  }
  const auto path = installed_file("assay-" + std::string(name) + ".so");
  return path ? path
              : refuse("the " + std::string(name) + " module is not there (" +
                       path.error().message + ")");
}

ModuleChoice ModuleChoice::from(std::string_view text) {
  const std::size_t comma = text.find(',');
  return {.path = std::string(text.substr(0, comma)),
          .settings = comma == std::string_view::npos ? "" : std::string(text.substr(comma + 1))};
}

Result<std::string> installed_file(const std::string& name) {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  const auto installed = program.parent_path() / "libexec" / "assay" / name;
  for (const auto& path : {program / name, installed}) {
    if (std::filesystem::exists(path, error)) {
      return path.string();
    }
  }
  return refuse("looked for " + name + " beside the program and as " + installed.string());
}

Result<LoadedBackend> load_backend(std::string_view name, const ModuleChoice& choice) {
  const auto path = find_module(name, choice);
  if (!path) {
    return path.error();
  }
  const auto description = describe(*path);
  if (!description) {
    return description.error();
  }
  const ModuleDescription& module = **description;
  if (module.name != name) {
    return refuse("the module " + *path + " is for backend '" + module.name + "', not '" +
                  std::string(name) + "'");
  }
  std::array<char, 512> sentence{};
  std::unique_ptr<Backend> backend(
      module.make(choice.settings.c_str(), sentence.data(), sentence.size()));
  if (!backend) {
    return refuse("the module " + *path + ": " + sentence.data());
  }
  return LoadedBackend{.backend = std::move(backend), .mark = module.mark};
}

}  // namespace assay
