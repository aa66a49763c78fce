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

bool remove_below(int parent, const char* name) {
  if (::unlinkat(parent, name, 0) == 0 || errno == ENOENT) return true;
  // Not followed: AT_SYMLINK_NOFOLLOW is not taken by fchmodat, but a link was unlinked above already.
  ::fchmodat(parent, name, 0700, 0);
  Fd folder(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.is_open()) return false;
  DIR* entries = ::fdopendir(::dup(folder.get()));
  if (entries == nullptr) return false;
  bool all = true;
  while (const dirent* entry = ::readdir(entries)) {
    const std::string_view entry_name = entry->d_name;
    if (entry_name != "." && entry_name != "..") all = remove_below(folder.get(), entry->d_name) && all;
  }
  ::closedir(entries);
  return all && ::unlinkat(parent, name, AT_REMOVEDIR) == 0;
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

bool remove_tree(const std::string& folder) {
  return remove_below(AT_FDCWD, folder.c_str());
}

}  // namespace hub::providers::local
