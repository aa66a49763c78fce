#include "gateway/server/disk_guard.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "events/core/logging.hpp"
#include "events/rocks/patient_files.hpp"

namespace hub::server {
namespace {

constexpr std::int64_t kReserveMin = std::int64_t{16} << 20U;
constexpr std::int64_t kReserveMax = std::int64_t{64} << 20U;
constexpr std::int64_t kReserveShare = 8;
constexpr const char* kBallastName = "ballast";

std::int64_t reserve_of(const std::filesystem::path& folder) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  const auto capacity = error ? 0 : static_cast<std::int64_t>(space.capacity);
  return std::clamp(capacity / kReserveShare, kReserveMin, kReserveMax);
}

}  // namespace

DiskGuard::DiskGuard(const std::filesystem::path& folder, bool writes)
    : folder_(folder), ballast_(folder / kBallastName), reserve_(reserve_of(folder)) {
  if (!writes) return;
  rocks::give_way_with([this] { give_way(); });
  std::error_code error;
  has_ballast_ = static_cast<std::int64_t>(std::filesystem::file_size(ballast_, error)) == reserve_ && !error;
  const auto free = free_bytes();
  if (free < reserve_) {
    set_full(true, free);
    release();
  } else if (!has_ballast_ && free >= 2 * reserve_) {
    make_ballast();
  }
}

DiskGuard::~DiskGuard() {
  rocks::give_way_with({});
}

std::int64_t DiskGuard::free_bytes() const {
  struct statvfs room {};
  if (::statvfs(folder_.c_str(), &room) != 0) return 0;
  return static_cast<std::int64_t>(room.f_bavail) * static_cast<std::int64_t>(room.f_frsize);
}

bool DiskGuard::has_room() {
  const auto free = free_bytes();
  const bool full = full_.load(std::memory_order_relaxed);
  if (!full && free >= reserve_) return true;
  if (full && free < 2 * reserve_) return false;
  const std::lock_guard lock(changing_);
  if (!full) {
    if (!full_) set_full(true, free);
    return false;
  }
  if (!full_) return true;
  // What is lent out is taken back first: the next time it may be needed again.
  if (!has_ballast_ && (free < 3 * reserve_ || !make_ballast())) return false;
  set_full(false, free);
  return true;
}

DiskGuard::Room DiskGuard::room() const {
  const auto wanted = has_ballast_ ? 2 * reserve_ : 3 * reserve_;
  return {full_, free_bytes(), reserve_, wanted};
}

void DiskGuard::set_full(bool full, std::int64_t free) {
  full_ = full;
  if (full)
    logging::write(logging::Level::error, "the disk is nearly full; writers are refused, reads go on",
                   {{"free_bytes", free}, {"refused_below_bytes", reserve_}});
  else
    logging::write(logging::Level::info, "the disk has room again; writers go on", {{"free_bytes", free}});
}

bool DiskGuard::make_ballast() {
  const int file = ::open(ballast_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool made = ::posix_fallocate(file, 0, reserve_) == 0 && ::ftruncate(file, reserve_) == 0;
  ::close(file);
  if (!made) ::unlink(ballast_.c_str());
  has_ballast_ = made;
  return made;
}

void DiskGuard::give_way() {
  {
    const std::lock_guard lock(changing_);
    if (!full_) set_full(true, free_bytes());
  }
  release();
}

void DiskGuard::release() {
  if (!has_ballast_.exchange(false)) return;
  ::unlink(ballast_.c_str());
  logging::write(logging::Level::warning, "ballast given free", {{"bytes", reserve_}});
}

}  // namespace hub::server
