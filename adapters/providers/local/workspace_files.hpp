#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/providers/local/files.hpp"
#include "events/core/instant.hpp"
#include "events/core/result.hpp"

namespace hub::providers::local {

/// Entries that one listing tells of; the first by name.
inline constexpr std::size_t kListedFilesMax = 10'000;
/// Of one file that is read or written as a whole.
inline constexpr std::uint64_t kFileBytesMax = 100ULL << 20;

struct FileEntry {
  enum class Kind { file, folder, link, other };
  std::string name;
  Kind kind = Kind::other;
  std::uint64_t size = 0;  ///< bytes; of a file
  Instant modified_at;
  bool executable = false;
};

struct FileList {
  std::vector<FileEntry> entries;  ///< folders first, then by name
  bool more = false;               ///< there are more than kListedFilesMax
};

/// The files of a deployment's workspace. A path is relative, of plain names: never "..", never empty parts. Each part
/// is opened by itself and none through a link, so that nothing leads out, whatever the command that runs there does
/// meanwhile; links are told of and not followed. All calls block.
/// Fail: invalid `files.path`; not_found `files.not_found`; conflict `files.not_a_folder`, `files.not_a_file` (also: a
/// link, a pipe), `files.exists`, `files.not_empty`; http 413 `files.too_large`; forbidden `files.refused` (by the
/// machine's own rights); http 507 `disk.full`; unavailable `files.unavailable`.
class WorkspaceFiles {
 public:
  /// `folder` exists.
  explicit WorkspaceFiles(std::string folder) : folder_(std::move(folder)) {}

  /// "" is the workspace itself.
  Result<FileList> list(const std::string& path) const;
  Result<FileEntry> entry(const std::string& path) const;
  /// For reading from the start; of a file only.
  struct Opened {
    Fd fd;
    std::uint64_t size = 0;
  };
  Result<Opened> open(const std::string& path) const;
  /// Replaces the file whole, or makes it; folders on the way are made. True: it was not there before.
  Result<bool> write(const std::string& path, std::string_view content) const;
  /// A file or a link; a folder when it is empty, or with all that is in it when `all`.
  Result<void> remove(const std::string& path, bool all) const;
  /// `to` must not be there.
  Result<void> move(const std::string& from, const std::string& to) const;
  /// Folders on the way are made. One that is there already is `files.exists`.
  Result<void> make_folder(const std::string& path) const;

 private:
  struct Place {
    Fd parent;
    std::string name;
  };
  Result<Place> place_of(const std::string& path, bool make_parents) const;
  Result<Fd> folder_at(const std::string& path) const;

  std::string folder_;
};

}  // namespace hub::providers::local
