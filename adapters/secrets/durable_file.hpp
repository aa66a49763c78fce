#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "events/core/result.hpp"

namespace hub::secrets {

// Small private files (0600) in private folders (0700). Every failure is internal `secrets.io` or, with a full disk,
// insufficient_storage `disk.full`; the detail names the step and the system's word, no path and no content.
// A sync that fails ends the process: what is on disk is not known then.

/// Makes the folder and what is missing above it. One that is there already is closed to others.
Result<void> make_private_folder(const std::filesystem::path& folder);

/// Puts the whole file in place of an old one of this name: after a crash it is the old or the new one, whole. When it
/// fails the old one is in place. What the old one held is overwritten on disk, where the file system writes in place.
Result<void> write_durably(const std::filesystem::path& file, std::string_view bytes);

/// Fails also: not_found `secrets.absent`; too_large `secrets.file_too_large`.
Result<std::string> read_file(const std::filesystem::path& file, std::size_t size_max);

/// Takes the file away and overwrites what it held. One that is not there is success.
Result<void> destroy(const std::filesystem::path& file);
/// Destroys every file of the folder and of those in it, in order of names, then the folder.
Result<void> destroy_folder(const std::filesystem::path& folder);

/// What is in the folder, by name. One that is not there has nothing in it.
Result<std::vector<std::filesystem::path>> entries_of(const std::filesystem::path& folder);

/// Makes names that were added, renamed or removed in this folder durable.
Result<void> sync_folder(const std::filesystem::path& folder);

/// An open file, closed at the end.
class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(File&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  File& operator=(File&&) = delete;
  ~File();
  int get() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

/// Holds the lock of a file for one process until the answer is destroyed. Fails: unavailable `secrets.locked`.
Result<File> lock_file(const std::filesystem::path& file);

}  // namespace hub::secrets
