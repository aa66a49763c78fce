#include "adapters/secrets/durable_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "events/core/logging.hpp"

namespace hub::secrets {
namespace {

namespace fs = std::filesystem;

Failure io_failure(std::string_view step, int error) {
  auto failure = internal_failure("secrets.io", std::string(step) + ": " + std::generic_category().message(error));
  if (error == ENOSPC || error == EDQUOT) failure.kind = FailureKind::insufficient_storage, failure.code = "disk.full";
  return failure;
}

[[noreturn]] void stop_on_failed_sync(int error) {
  logging::write_last("syncing the secrets failed; the process ends",
                      {{"error", std::generic_category().message(error)}});
  std::abort();
}

Result<void> write_all(const File& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_failure("writing", errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file.get()) != 0) stop_on_failed_sync(errno);
  return success();
}

/// Zeros over the content of a file that has no name any more. A file system that copies on write keeps the old bytes
/// whatever is done, and may have no room for the zeros: that is no failure of what the caller asked for.
void overwrite(const File& file) {
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0 || ::lseek(file.get(), 0, SEEK_SET) < 0) return;
  static_cast<void>(write_all(file, std::string(static_cast<std::size_t>(status.st_size), '\0')));
}

fs::path temporary_of(const fs::path& file) {
  return fs::path(file) += ".tmp";
}

}  // namespace

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> make_private_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::is_directory(folder, error)) {
    if (::chmod(folder.c_str(), 0700) != 0) return io_failure("closing a folder to others", errno);
    return success();
  }
  if (folder.has_parent_path() && !fs::exists(folder.parent_path(), error)) {
    fs::create_directories(folder.parent_path(), error);
    if (error) return io_failure("making a folder", error.value());
  }
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return io_failure("making a folder", errno);
  return folder.has_parent_path() ? sync_folder(folder.parent_path()) : success();
}

Result<void> write_durably(const fs::path& file, std::string_view bytes) {
  const File old(::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  const auto temporary = temporary_of(file);
  {
    const File fresh(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fresh.is_open()) return io_failure("making a file", errno);
    HUB_TRY(write_all(fresh, bytes));
  }
  if (::rename(temporary.c_str(), file.c_str()) != 0) return io_failure("renaming", errno);
  HUB_TRY(sync_folder(file.parent_path()));
  overwrite(old);
  return success();
}

Result<std::string> read_file(const fs::path& file, std::size_t size_max) {
  const File open_file(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!open_file.is_open() && errno == ENOENT) return not_found("secrets.absent", "there is no such file");
  if (!open_file.is_open()) return io_failure("opening", errno);
  std::string bytes;
  std::array<char, 8'192> chunk{};
  for (;;) {
    const auto got = ::read(open_file.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_failure("reading", errno);
    if (got == 0) return bytes;
    bytes.append(chunk.data(), static_cast<std::size_t>(got));
    if (bytes.size() > size_max) {
      return Failure{
          FailureKind::too_large, "secrets.file_too_large", "the file is longer than such a file can be", {}, 0};
    }
  }
}

Result<void> destroy(const fs::path& file) {
  const File open_file(::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) return io_failure("removing a file", errno);
  HUB_TRY(sync_folder(file.parent_path()));
  overwrite(open_file);
  return success();
}

Result<void> destroy_folder(const fs::path& folder) {
  HUB_TRY(const auto entries, entries_of(folder));
  for (const auto& entry : entries) {
    std::error_code error;
    HUB_TRY(fs::is_directory(fs::symlink_status(entry, error)) ? destroy_folder(entry) : destroy(entry));
  }
  if (::rmdir(folder.c_str()) != 0 && errno != ENOENT) return io_failure("removing a folder", errno);
  return sync_folder(folder.parent_path());
}

Result<std::vector<fs::path>> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  fs::directory_iterator each(folder, error);
  if (error == std::errc::no_such_file_or_directory) return entries;
  for (const fs::directory_iterator end; !error && each != end; each.increment(error)) entries.push_back(each->path());
  if (error) return io_failure("listing a folder", error.value());
  std::sort(entries.begin(), entries.end());
  return entries;
}

Result<void> sync_folder(const fs::path& folder) {
  const File open_folder(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!open_folder.is_open()) return io_failure("opening a folder", errno);
  if (::fsync(open_folder.get()) != 0) stop_on_failed_sync(errno);
  return success();
}

Result<File> lock_file(const fs::path& file) {
  File lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.is_open()) return io_failure("opening the lock", errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) return unavailable("secrets.locked", "another process has these secrets open");
  return io_failure("locking", errno);
}

}  // namespace hub::secrets
