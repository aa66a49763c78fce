#include "events/log/head_marks.hpp"

#include <rocksdb/env.h>

#include <chrono>

#include "events/core/digest.hpp"
#include "events/core/varint.hpp"
#include "events/log/embedded_store.hpp"

namespace hub::log {
namespace {

constexpr std::chrono::seconds kInterval{1};
constexpr char kVersion = 1;

std::string encode(const HeadMarks::Seqs& seqs) {
  std::string out(1, kVersion);
  append_varint(out, seqs.size());
  for (const auto seq : seqs) append_varint(out, seq);
  append_varint(out, crc32c(out));
  return out;
}

bool decode(std::string_view bytes, HeadMarks::Seqs& seqs) {
  std::string_view rest = bytes;
  std::uint64_t count = 0, crc = 0;
  if (rest.empty() || rest.front() != kVersion) return false;
  rest.remove_prefix(1);
  if (!take_varint(rest, count) || count > kShards) return false;
  for (std::uint64_t i = 0; i < count; ++i)
    if (!take_varint(rest, seqs.emplace_back())) return false;
  const auto body = bytes.substr(0, bytes.size() - rest.size());
  return take_varint(rest, crc) && rest.empty() && crc == crc32c(body);
}

}  // namespace

HeadMarks::HeadMarks(std::filesystem::path folder, rocksdb::Env* env, std::function<Seqs()> durable)
    : folder_(std::move(folder)), env_(env), durable_(std::move(durable)), thread_([this] { run(); }) {}

HeadMarks::~HeadMarks() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void HeadMarks::moved() {
  const std::lock_guard lock(mutex_);
  if (moved_) return;
  moved_ = true;
  wake_.notify_one();
}

void HeadMarks::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return moved_ || stopping_; });
    if (moved_) {
      moved_ = false;
      lock.unlock();
      const bool written = write();
      lock.lock();
      moved_ = moved_ || (!written && !stopping_);
      wake_.wait_for(lock, kInterval, [this] { return stopping_; });
    }
    if (stopping_ && !moved_) return;
  }
}

bool HeadMarks::write() {
  const auto file = (folder_ / "heads").string();
  auto status = rocksdb::WriteStringToFile(env_, encode(durable_()), file + ".new", true);
  if (status.ok()) status = env_->RenameFile(file + ".new", file);
  std::unique_ptr<rocksdb::Directory> directory;
  if (status.ok()) status = env_->NewDirectory(folder_.string(), &directory);
  if (status.ok()) status = directory->Fsync();
  if (!status.ok() && !status.IsNoSpace()) stop_process("marking its heads", status);
  return status.ok();
}

Result<HeadMarks::Seqs> HeadMarks::read(const std::filesystem::path& folder, rocksdb::Env* env) {
  const auto file = (folder / "heads").string();
  if (env->FileExists(file).IsNotFound()) return Seqs{};
  std::string bytes;
  const auto status = rocksdb::ReadFileToString(env, file, &bytes);
  Seqs seqs;
  if (!status.ok() || !decode(bytes, seqs))
    return internal_failure("log.corrupt",
                            "the file log/heads does not verify; when an audit finds the log itself "
                            "sound, remove that file");
  return seqs;
}

Result<void> HeadMarks::check(const Seqs& marks, PartitionId partition, Seq head) {
  if (partition >= marks.size() || head >= marks[partition]) return success();
  return corrupt_at({partition, head + 1},
                    "missing, though the partition was durable up to seq " + std::to_string(marks[partition]));
}

}  // namespace hub::log
