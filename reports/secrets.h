// Secrets in memory and on the disk: passphrases and private keys.
#pragma once

#include <string>
#include <string_view>

#include "harness/model/result.h"

namespace assay {

/// A text that is overwritten when it is no longer needed.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

 private:
  void wipe();
  std::string text_;
};

/// Creates `path`, which must not exist, as 0600, and fsyncs it and its folder. Fails with
/// bad_input if the folder is a symbolic link, belongs to neither this user nor root, or can be
/// written by group or others.
[[nodiscard]] Result<Done> write_secret_file(const std::string& path, std::string_view bytes);

/// Fails with bad_input as write_secret_file does, and if the file is a symbolic link or no regular
/// file, belongs to another user, may be used by group or others, or is larger than 64 KiB.
[[nodiscard]] Result<Secret> read_secret_file(const std::string& path);

/// The first line of an open file or pipe, or of a file as read_secret_file reads it. Fails with
/// bad_input if it is empty, longer than 1024 bytes or followed by more.
[[nodiscard]] Result<Secret> read_passphrase(int descriptor);
[[nodiscard]] Result<Secret> read_passphrase(const std::string& path);

/// No core dump and no debugger gets at this process from now on.
void keep_memory_private();

}  // namespace assay
