#include "events/rocks/patient_files.hpp"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <chrono>
#include <mutex>
#include <thread>

namespace hub::rocks {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::milliseconds kPause{20};

struct GiveWay {
  std::mutex mutex;
  std::function<void()> call;
};
GiveWay& give_way() {
  static auto& kept = *new GiveWay;  // databases of static life may outlive everything else
  return kept;
}

void ask_for_room() {
  auto& asked = give_way();
  const std::lock_guard lock(asked.mutex);
  if (asked.call) asked.call();
}

/// Writes each byte to its place, so that what a failed write has left is written over when it is tried again.
class PatientFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  PatientFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::uint64_t size)
      : rocksdb::FSWritableFileOwnerWrapper(std::move(file)), size_(size) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
      auto status = FSWritableFileOwnerWrapper::PositionedAppend(data, size_, options, debug);
      if (status.ok()) size_ += data.size();
      if (!status.IsNoSpace() || std::chrono::steady_clock::now() > end) return status;
      status.PermitUncheckedError();
      ask_for_room();
      std::this_thread::sleep_for(kPause);
    }
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    size_ = size;
    return FSWritableFileOwnerWrapper::Truncate(size, options, debug);
  }

 private:
  std::uint64_t size_;
};

class PatientFiles final : public rocksdb::FileSystemWrapper {
 public:
  PatientFiles() : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()) {}

  const char* Name() const override { return "computehub.patient_files"; }

  IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override {
    return wrap(target()->NewWritableFile(name, options, file, debug), file);
  }
  IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override {
    return wrap(target()->ReopenWritableFile(name, options, file, debug), file);
  }

 private:
  static IOStatus wrap(IOStatus status, std::unique_ptr<rocksdb::FSWritableFile>* file) {
    if (!status.ok() || !*file) return status;
    const auto size = (*file)->GetFileSize({}, nullptr);
    *file = std::make_unique<PatientFile>(std::move(*file), size);
    return status;
  }
};

class NoDiary final : public rocksdb::Logger {
 public:
  NoDiary() : rocksdb::Logger(rocksdb::InfoLogLevel::FATAL_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

}  // namespace

std::shared_ptr<rocksdb::Logger> no_diary() {
  return std::make_shared<NoDiary>();
}

rocksdb::Env* patient_env() {
  // Never ended: threads of databases may write until the process is gone.
  static auto& env = *rocksdb::NewCompositeEnv(std::make_shared<PatientFiles>()).release();
  return &env;
}

void give_way_with(std::function<void()> call) {
  auto& asked = give_way();
  const std::lock_guard lock(asked.mutex);
  asked.call = std::move(call);
}

}  // namespace hub::rocks
