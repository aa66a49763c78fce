#include "gateway/offline/copying.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "adapters/providers/local/kept_output.hpp"
#include "gateway/offline/opened.hpp"
#include "gateway/server/public_key_file.hpp"

namespace hub::offline {
namespace {

namespace fs = std::filesystem;

Failure unusable(const fs::path& path, const std::error_code& error) {
  return unavailable("data.unusable", fmt::format("{}: {}", path.string(), error.message()));
}

bool sync_one(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool done = ::fsync(file) == 0;
  return ::close(file) == 0 && done;
}

}  // namespace

Result<NewFolder> NewFolder::make(const fs::path& path) {
  std::error_code error;
  const bool was_there = fs::exists(path, error);
  if (was_there && (!fs::is_directory(path, error) || !fs::is_empty(path, error)))
    return conflict("data.not_empty", fmt::format("{} is there already and not empty", path.string()));
  fs::create_directories(path, error);
  if (!error && !was_there) fs::permissions(path, fs::perms::owner_all, error);
  if (error) return unusable(path, error);
  return NewFolder(path, was_there);
}

NewFolder::NewFolder(NewFolder&& other) noexcept
    : path_(std::move(other.path_)), was_there_(other.was_there_), kept_(other.kept_) {
  other.kept_ = true;
}

NewFolder::~NewFolder() {
  if (kept_) return;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(path_, ignored)) fs::remove_all(entry.path(), ignored);
  if (!was_there_) fs::remove(path_, ignored);
}

Result<void> sync_tree(const fs::path& folder) {
  std::error_code error;
  bool done = sync_one(folder);
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (entry->is_regular_file(error) || entry->is_directory(error)) done = sync_one(entry->path()) && done;
  if (error || !done) return unavailable("data.unusable", folder.string() + " cannot be written to the disk");
  return success();
}

Result<CopiedRecord> copy_record(const server::DataFolder& from, const server::DataFolder& to,
                                 std::optional<Instant> until, bool stays_copy) {
  CopiedRecord copied;
  auto copied_log = log::copy_embedded_log({from.log(), to.log(), until, stays_copy});
  if (!copied_log) return explained(std::move(copied_log).error(), from);
  copied.log = std::move(copied_log).value();
  std::error_code error;
  fs::copy_file(from.log() / server::kPublicKeyFile, to.log() / server::kPublicKeyFile, error);
  if (error) return unusable(to.log() / server::kPublicKeyFile, error);
  HUB_TRY(copied.outputs, providers::local::copy_kept_output(from.local(), to.local(), until));
  HUB_TRY(sync_tree(to.root));
  return copied;
}

}  // namespace hub::offline
