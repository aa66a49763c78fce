#include "adapters/providers/local/workspace.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "adapters/providers/local/files.hpp"
#include "events/core/digest.hpp"

namespace hub::providers::local {
namespace {

constexpr std::size_t kPathBytesMax = 1'024;

Failure refuse(std::size_t index, std::string_view field, std::string_view detail) {
  return invalid("provider.invalid", detail, "files[" + std::to_string(index) + "]." + std::string(field));
}

/// The parts of a path that stays below where it starts; empty when it does not.
std::vector<std::string> parts_of(const std::string& path) {
  if (path.empty() || path.size() > kPathBytesMax || path.find('\0') != std::string::npos) return {};
  std::vector<std::string> parts;
  std::size_t start = 0;
  while (start <= path.size()) {
    const auto end = std::min(path.find('/', start), path.size());
    auto part = path.substr(start, end - start);
    if (part.empty() || part == "." || part == "..") return {};
    parts.push_back(std::move(part));
    start = end + 1;
  }
  return parts;
}

/// Anything else is the machine's trouble (a full disk, no descriptors), which may pass.
bool may_be_the_path(int error) {
  return error == ENOTDIR || error == EISDIR || error == ELOOP || error == ENAMETOOLONG || error == EILSEQ ||
         error == EINVAL;
}

/// Each part is opened by itself and never through a link, so nothing on the way can lead out.
Fd open_below(const std::string& folder, const std::vector<std::string>& parts, mode_t mode) {
  Fd at(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (std::size_t i = 0; at.is_open() && i + 1 < parts.size(); ++i) {
    const auto* name = parts[i].c_str();
    if (::mkdirat(at.get(), name, 0755) != 0 && errno != EEXIST) return {};
    at = Fd(::openat(at.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }
  if (!at.is_open()) return {};
  return Fd(::openat(at.get(), parts.back().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode));
}

/// Names in an open folder.
std::vector<std::string> names_below(int folder) {
  std::vector<std::string> names;
  DIR* entries = ::fdopendir(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (entries == nullptr) return names;
  while (const dirent* entry = ::readdir(entries)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  ::closedir(entries);
  return names;
}

bool unlinked(int folder, const char* name) {
  return ::unlinkat(folder, name, 0) == 0 || errno == ENOENT;
}

Fd open_to_empty(int parent, const char* name) {
  // Not followed: AT_SYMLINK_NOFOLLOW is not taken by fchmodat, but a link was unlinked before.
  ::fchmodat(parent, name, 0700, 0);
  return Fd(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/// Removes the folder `name` of `top`; the folders within it become folders of `top`, under names not used before.
bool flatten(const Fd& top, const char* name, std::uint64_t& moved) {
  const auto folder = open_to_empty(top.get(), name);
  if (!folder.is_open()) return false;
  for (const auto& entry : names_below(folder.get())) {
    if (unlinked(folder.get(), entry.c_str())) continue;
    // One that may not be written to could not be moved, for its ".." changes.
    ::fchmodat(folder.get(), entry.c_str(), 0700, 0);
    int error = EEXIST;
    while (error == EEXIST || error == ENOTEMPTY || error == ENOTDIR) {
      const auto to = "moved." + std::to_string(moved++);
      error = ::renameat(folder.get(), entry.c_str(), top.get(), to.c_str()) == 0 ? 0 : errno;
    }
    if (error != 0) return false;
  }
  return ::unlinkat(top.get(), name, AT_REMOVEDIR) == 0;
}

}  // namespace

Result<void> write_files(const std::string& folder, const std::vector<deployments::File>& files) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto& file = files[i];
    const auto parts = parts_of(file.path);
    if (parts.empty()) return refuse(i, "path", "must be a relative path that stays in the workspace");
    std::string content = file.text.value_or(std::string());
    if (file.base64) {
      auto decoded = from_base64(*file.base64);
      if (!decoded) return refuse(i, "base64", "is not base64");
      content = std::move(decoded.value());
    }
    const mode_t mode = content.rfind("#!", 0) == 0 ? 0755 : 0644;
    const auto fd = open_below(folder, parts, mode);
    const bool is_own_fault = !fd.is_open() && may_be_the_path(errno);
    if (is_own_fault) return refuse(i, "path", std::string("cannot be written: ") + std::strerror(errno));
    if (!fd.is_open() || !write_all(fd.get(), content))
      return unavailable("provider.unreachable",
                         std::string("the workspace cannot be written: ") + std::strerror(errno));
  }
  return success();
}

// However deep a command has made its folders, this holds few descriptors and little of the stack: the server has other
// use for them.
bool remove_tree(const std::string& folder, std::chrono::steady_clock::time_point until) {
  if (unlinked(AT_FDCWD, folder.c_str())) return true;
  const auto top = open_to_empty(AT_FDCWD, folder.c_str());
  if (!top.is_open()) return false;
  std::uint64_t moved = 0;
  for (auto names = names_below(top.get()); !names.empty(); names = names_below(top.get()))
    for (const auto& name : names) {
      if (std::chrono::steady_clock::now() >= until) return false;
      if (!unlinked(top.get(), name.c_str()) && !flatten(top, name.c_str(), moved)) return false;
    }
  return ::unlinkat(AT_FDCWD, folder.c_str(), AT_REMOVEDIR) == 0;
}

}  // namespace hub::providers::local
