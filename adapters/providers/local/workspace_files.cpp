#include "adapters/providers/local/workspace_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "adapters/providers/local/workspace.hpp"
#include "events/core/digest.hpp"
#include "events/core/json.hpp"

namespace hub::providers::local {
namespace {

constexpr std::size_t kPathBytesMax = 1'024;
constexpr std::size_t kNameBytesMax = 255;
constexpr std::chrono::seconds kRemoveWait{30};
constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kNanosPerMicro = 1'000;
/// What a file is called until it is whole.
constexpr std::string_view kUnfinished = ".upload-";

Failure too_large() {
  return {FailureKind::too_large, "files.too_large", "the file is over 100 MiB", {}, 0};
}

Failure bad_path() {
  return invalid("files.path", "must be a relative path of plain names, in UTF-8", "path");
}

/// What the machine said, as a failure.
Failure failure_of(int error) {
  switch (error) {
    case ENOENT:
      return not_found("files.not_found", "there is no such file or folder");
    case ENOTDIR:
    case ELOOP:
      return conflict("files.not_a_folder", "a part of the path is no folder");
    case EISDIR:
      return conflict("files.not_a_file", "this is no plain file");
    case EEXIST:
      return conflict("files.exists", "there is something of this name");
    case ENOTEMPTY:
      return conflict("files.not_empty", "the folder is not empty");
    case EACCES:
    case EPERM:
    case EROFS:
      return forbidden("files.refused", "the machine refuses this");
    case ENAMETOOLONG:
    case EINVAL:
    case EILSEQ:
      return bad_path();
    case ENOSPC:
    case EDQUOT:
      return {FailureKind::insufficient_storage, "disk.full", "the disk is full", {}, 0};
    default:
      return unavailable("files.unavailable", std::strerror(error));
  }
}

bool is_name(std::string_view part) {
  return !part.empty() && part.size() <= kNameBytesMax && part != "." && part != "..";
}

/// Empty for the workspace itself.
Result<std::vector<std::string>> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  if (path.size() > kPathBytesMax || path.find('\0') != std::string::npos || !is_valid_utf8(path)) return bad_path();
  if (path.empty()) return parts;
  for (std::size_t start = 0; start <= path.size();) {
    const auto end = std::min(path.find('/', start), path.size());
    parts.push_back(path.substr(start, end - start));
    if (!is_name(parts.back())) return bad_path();
    start = end + 1;
  }
  return parts;
}

FileEntry entry_of(std::string name, const struct stat& found) {
  FileEntry entry;
  entry.name = std::move(name);
  entry.modified_at = {found.st_mtim.tv_sec * kMicrosPerSecond + found.st_mtim.tv_nsec / kNanosPerMicro};
  if (S_ISDIR(found.st_mode)) entry.kind = FileEntry::Kind::folder;
  if (S_ISLNK(found.st_mode)) entry.kind = FileEntry::Kind::link;
  if (!S_ISREG(found.st_mode)) return entry;
  entry.kind = FileEntry::Kind::file;
  entry.size = static_cast<std::uint64_t>(found.st_size);
  entry.executable = (found.st_mode & S_IXUSR) != 0;
  return entry;
}

Result<Fd> step_into(const Fd& at, const std::string& name, bool make) {
  if (make && ::mkdirat(at.get(), name.c_str(), 0755) != 0 && errno != EEXIST) return failure_of(errno);
  Fd next(::openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!next.is_open()) return failure_of(errno);
  return next;
}

}  // namespace

Result<Fd> WorkspaceFiles::folder_at(const std::string& path) const {
  HUB_TRY(const auto parts, parts_of(path));
  Fd at(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!at.is_open()) return failure_of(errno);
  for (const auto& part : parts) {
    HUB_TRY(at, step_into(at, part, false));
  }
  return at;
}

Result<WorkspaceFiles::Place> WorkspaceFiles::place_of(const std::string& path, bool make_parents) const {
  HUB_TRY(auto parts, parts_of(path));
  if (parts.empty()) return bad_path();
  Place place{Fd(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)), std::move(parts.back())};
  parts.pop_back();
  if (!place.parent.is_open()) return failure_of(errno);
  for (const auto& part : parts) {
    HUB_TRY(place.parent, step_into(place.parent, part, make_parents));
  }
  return place;
}

Result<FileList> WorkspaceFiles::list(const std::string& path) const {
  HUB_TRY(auto at, folder_at(path));
  DIR* entries = ::fdopendir(::fcntl(at.get(), F_DUPFD_CLOEXEC, 0));
  if (entries == nullptr) return failure_of(errno);
  constexpr std::size_t kMost = kListedFilesMax + 1;
  std::vector<std::string> names;
  while (const dirent* next = ::readdir(entries)) {
    const std::string_view name = next->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    // Of a folder of millions no more is held than is told.
    if (names.size() < 2 * kMost) continue;
    std::nth_element(names.begin(), names.begin() + kMost, names.end());
    names.resize(kMost);
  }
  ::closedir(entries);
  std::sort(names.begin(), names.end());
  FileList list;
  list.more = names.size() > kListedFilesMax;
  names.resize(std::min(names.size(), kListedFilesMax));
  for (const auto& name : names) {
    struct stat found {};
    // What has gone meanwhile is not told of. A name that is no UTF-8 can be seen, and not asked for.
    if (::fstatat(at.get(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0)
      list.entries.push_back(entry_of(to_valid_utf8(name), found));
  }
  std::stable_partition(list.entries.begin(), list.entries.end(),
                        [](const FileEntry& entry) { return entry.kind == FileEntry::Kind::folder; });
  return list;
}

Result<FileEntry> WorkspaceFiles::entry(const std::string& path) const {
  HUB_TRY(const auto place, place_of(path, false));
  struct stat found {};
  if (::fstatat(place.parent.get(), place.name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) return failure_of(errno);
  return entry_of(place.name, found);
}

Result<WorkspaceFiles::Opened> WorkspaceFiles::open(const std::string& path) const {
  HUB_TRY(const auto place, place_of(path, false));
  // Not to wait for the other end of a pipe.
  Fd fd(::openat(place.parent.get(), place.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  // A link; or a socket, or a device that is not there.
  if (!fd.is_open() && (errno == ELOOP || errno == ENXIO)) return failure_of(EISDIR);
  if (!fd.is_open()) return failure_of(errno);
  struct stat found {};
  if (::fstat(fd.get(), &found) != 0) return failure_of(errno);
  if (!S_ISREG(found.st_mode)) return failure_of(EISDIR);
  const auto size = static_cast<std::uint64_t>(found.st_size);
  if (size > kFileBytesMax) return too_large();
  return Opened{std::move(fd), size};
}

Result<bool> WorkspaceFiles::write(const std::string& path, std::string_view content) const {
  if (content.size() > kFileBytesMax) return too_large();
  HUB_TRY(const auto place, place_of(path, true));
  const int parent = place.parent.get();
  struct stat before {};
  const bool is_new = ::fstatat(parent, place.name.c_str(), &before, AT_SYMLINK_NOFOLLOW) != 0;
  if (!is_new && !S_ISREG(before.st_mode)) return failure_of(EISDIR);
  const auto unfinished = std::string(kUnfinished) + to_hex(random_bytes(8));
  const mode_t mode = is_new ? (content.substr(0, 2) == "#!" ? 0755 : 0644) : before.st_mode & 0777;
  Fd fd(::openat(parent, unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.is_open()) return failure_of(errno);
  int error = 0;
  if (!write_all(fd.get(), content) || ::fchmod(fd.get(), mode) != 0) error = errno;
  // A reader of the name finds the older file or the newer one, whole.
  if (error == 0 && ::renameat(parent, unfinished.c_str(), parent, place.name.c_str()) != 0) error = errno;
  if (error == 0) return is_new;
  ::unlinkat(parent, unfinished.c_str(), 0);
  return failure_of(error);
}

Result<void> WorkspaceFiles::remove(const std::string& path, bool all) const {
  HUB_TRY(const auto place, place_of(path, false));
  const int parent = place.parent.get();
  struct stat found {};
  if (::fstatat(parent, place.name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) return failure_of(errno);
  if (!S_ISDIR(found.st_mode))
    return ::unlinkat(parent, place.name.c_str(), 0) == 0 ? Result<void>(success()) : failure_of(errno);
  if (!all)
    return ::unlinkat(parent, place.name.c_str(), AT_REMOVEDIR) == 0 ? Result<void>(success()) : failure_of(errno);
  // The descriptor stands for the folder, wherever its path leads meanwhile.
  const auto until = std::chrono::steady_clock::now() + kRemoveWait;
  if (remove_tree("/proc/self/fd/" + std::to_string(parent) + "/" + place.name, until)) return success();
  return unavailable("files.unavailable", "not all of the folder could be removed");
}

Result<void> WorkspaceFiles::move(const std::string& from, const std::string& to) const {
  HUB_TRY(const auto source, place_of(from, false));
  HUB_TRY(const auto target, place_of(to, true));
  if (::renameat2(source.parent.get(), source.name.c_str(), target.parent.get(), target.name.c_str(),
                  RENAME_NOREPLACE) == 0)
    return success();
  // A folder does not go into itself.
  return errno == EINVAL ? conflict("files.exists", "a folder cannot be moved into itself") : failure_of(errno);
}

Result<void> WorkspaceFiles::make_folder(const std::string& path) const {
  HUB_TRY(const auto place, place_of(path, true));
  if (::mkdirat(place.parent.get(), place.name.c_str(), 0755) != 0) return failure_of(errno);
  return success();
}

}  // namespace hub::providers::local
