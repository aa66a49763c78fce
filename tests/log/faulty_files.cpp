#include "tests/log/faulty_files.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

namespace hub::log::testing {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

class FaultyFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(std::unique_ptr<rocksdb::FSWritableFile> file, FaultyFiles& files, std::string name)
      : rocksdb::FSWritableFileOwnerWrapper(std::move(file)), files_(files), name_(std::move(name)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    if (files_.spend()) files_.wrote(name_, data.size());
    return rocksdb::FSWritableFileOwnerWrapper::Append(data, options, debug);
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return sync(); }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return sync(); }

 private:
  // The machine keeps its power, so the bookkeeping stands for the disk.
  IOStatus sync() {
    if (files_.sync_fails(name_)) return IOStatus::IOError("the disk says no");
    if (files_.spend()) files_.synced(name_);
    return IOStatus::OK();
  }
  FaultyFiles& files_;
  const std::string name_;
};

namespace {

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

}  // namespace

bool FaultyFiles::spend() {
  return left_ >= 0 && left_-- > 0;
}

bool FaultyFiles::sync_fails(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return failing_left_ >= 0 && ends_with(name, failing_end_) && failing_left_-- == 0;
}

void FaultyFiles::fail_sync_once(std::string name_end, std::uint64_t skipped) {
  const std::lock_guard lock(mutex_);
  failing_end_ = std::move(name_end);
  failing_left_ = static_cast<std::int64_t>(skipped);
}

void FaultyFiles::wrote(const std::string& name, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  files_[name].written += bytes;
}

void FaultyFiles::synced(const std::string& name) {
  const std::lock_guard lock(mutex_);
  files_[name].synced = files_[name].written;
}

void FaultyFiles::keep_for_later(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto [place, fresh] = kept_.try_emplace(name);
  if (!fresh || !std::filesystem::exists(name)) return;
  std::ifstream in(name, std::ios::binary);
  place->second.emplace(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

void FaultyFiles::lose_unsynced(std::mt19937_64& random) {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, bytes] : kept_) {
    std::filesystem::remove(name);
    if (bytes) std::ofstream(name, std::ios::binary) << *bytes;
  }
  for (const auto& [name, sizes] : files_) {
    if (!std::filesystem::exists(name)) continue;
    const auto kept = sizes.synced + random() % (sizes.written - sizes.synced + 1);
    std::filesystem::resize_file(name, std::min(kept, std::filesystem::file_size(name)));
  }
  files_.clear();
  kept_.clear();
}

IOStatus FaultyFiles::NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  if (!powered()) keep_for_later(name);
  auto status = rocksdb::FileSystemWrapper::NewWritableFile(name, options, file, debug);
  if (status.ok()) adopt(name, {}, file);
  return status;
}

IOStatus FaultyFiles::ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                         std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  auto status = rocksdb::FileSystemWrapper::ReopenWritableFile(name, options, file, debug);
  const auto size = status.ok() ? std::filesystem::file_size(name) : 0;
  if (status.ok()) adopt(name, {size, size}, file);
  return status;
}

void FaultyFiles::adopt(const std::string& name, Sizes sizes, std::unique_ptr<rocksdb::FSWritableFile>* file) {
  const std::lock_guard lock(mutex_);
  if (powered()) files_[name] = sizes;
  *file = std::make_unique<FaultyFile>(std::move(*file), *this, name);
}

IOStatus FaultyFiles::RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                                 IODebugContext* debug) {
  if (!powered()) {
    keep_for_later(from);
    keep_for_later(to);
    return rocksdb::FileSystemWrapper::RenameFile(from, to, options, debug);
  }
  const auto status = rocksdb::FileSystemWrapper::RenameFile(from, to, options, debug);
  const std::lock_guard lock(mutex_);
  if (const auto known = files_.find(from); status.ok() && known != files_.end()) {
    files_[to] = known->second;
    files_.erase(from);
  }
  return status;
}

IOStatus FaultyFiles::DeleteFile(const std::string& name, const IOOptions& options, IODebugContext* debug) {
  return powered() ? rocksdb::FileSystemWrapper::DeleteFile(name, options, debug) : IOStatus::OK();
}

}  // namespace hub::log::testing
