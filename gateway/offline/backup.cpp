#include "gateway/offline/backup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "events/core/digest.hpp"
#include "events/core/json_codec.hpp"

namespace hub::offline {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kVersion = 1;

Failure unusable(const fs::path& path, const std::string& why) {
  return unavailable("data.unusable", fmt::format("{}: {}", path.string(), why));
}

Result<BackupEntry> entry_of(const fs::path& folder, const fs::path& file) {
  std::ostringstream bytes;
  std::ifstream in(file, std::ios::binary);
  bytes << in.rdbuf();
  if (!in) return unusable(file, "cannot be read");
  const auto content = bytes.str();
  return BackupEntry{fs::relative(file, folder).string(), content.size(), to_hex(sha256(content))};
}

bool is_of_the_log(const std::string& path) {
  return path.compare(0, 7, "log/db/") == 0 || path == "log/heads" || path == "log/writer.lock";
}

}  // namespace

Result<std::vector<BackupEntry>> list_files(const fs::path& folder) {
  std::vector<BackupEntry> entries;
  std::error_code error;
  for (fs::recursive_directory_iterator each(folder, error), end; !error && each != end; each.increment(error)) {
    const auto path = fs::relative(each->path(), folder, error).string();
    if (path == kBackupFile || is_of_the_log(path) || each->is_directory(error)) continue;
    // Nothing else is made by a backup; a link could lead anywhere.
    if (each->symlink_status(error).type() != fs::file_type::regular) return unusable(each->path(), "is no file");
    auto entry = entry_of(folder, each->path());
    if (!entry) return std::move(entry).error();
    entries.push_back(std::move(entry).value());
  }
  if (error) return unusable(folder, error.message());
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return entries;
}

Result<void> write_manifest(const fs::path& folder, const BackupManifest& manifest) {
  std::ofstream out(folder / kBackupFile, std::ios::trunc);
  out << to_json(manifest) << '\n';
  out.close();
  if (!out) return unusable(folder / kBackupFile, "cannot be written");
  return success();
}

Result<BackupManifest> read_manifest(const fs::path& folder) {
  std::ifstream in(folder / kBackupFile);
  if (!in)
    return not_found("backup.absent", fmt::format("{} is no whole backup: it has no {}", folder.string(), kBackupFile));
  std::ostringstream text;
  text << in.rdbuf();
  auto manifest = from_json<BackupManifest>(text.str());
  if (!manifest || manifest.value().version != kVersion)
    return malformed("backup.invalid",
                     fmt::format("{} is none that this release reads", (folder / kBackupFile).string()));
  return manifest;
}

Result<void> copy_private(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to, error);
  fs::permissions(to, fs::perms::owner_all, error);
  for (fs::recursive_directory_iterator each(from, error), end; !error && each != end; each.increment(error)) {
    const auto target = to / fs::relative(each->path(), from, error);
    if (each->is_directory(error)) {
      fs::create_directories(target, error);
      if (!error) fs::permissions(target, fs::perms::owner_all, error);
    } else if (each->symlink_status(error).type() == fs::file_type::regular) {
      fs::copy_file(each->path(), target, error);
      if (!error) fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write, error);
    }
  }
  if (error) return unusable(to, error.message());
  return success();
}

}  // namespace hub::offline
