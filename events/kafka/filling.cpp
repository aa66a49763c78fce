#include "events/kafka/filling.hpp"

#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "events/core/digest.hpp"
#include "events/core/logging.hpp"
#include "events/kafka/committed.hpp"
#include "events/kafka/topics.hpp"
#include "events/kafka/transactions.hpp"

namespace hub::kafka {
namespace {

constexpr std::size_t kOwnerBytes = 8;

/// One transaction takes so much, or one batch: it is to end well within the brokers' time-out (5 s), and a few are
/// kept in memory.
constexpr std::size_t kMessagesMax = 20'000;
constexpr std::size_t kBytesMax = 8 << 20;
constexpr std::size_t kLoadsAhead = 2;

/// Tries one after another that bring nothing.
constexpr int kBarrenTriesMax = 5;

/// What one transaction writes.
struct Load {
  std::vector<Placed> messages;
  std::size_t bytes = 0;
  std::uint64_t records = 0;
};

/// Makes transactions of the batches that are missing, on a thread of its own, a few ahead of whoever writes them.
class Loads {
 public:
  Loads(const log::StoredLog& log, std::vector<std::optional<log::BatchEnd>> behind)
      : log_(log), behind_(std::move(behind)), owner_(filling_owner(log.incarnation())), thread_([this] { run(); }) {
    pthread_setname_np(thread_.native_handle(), "hub-migrate");
  }
  ~Loads() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    moved_.notify_all();
    thread_.join();
  }
  Loads(const Loads&) = delete;
  Loads& operator=(const Loads&) = delete;

  /// The next one; nothing when all is given. Fails: internal `log.corrupt`.
  Result<std::optional<Load>> next() {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [this] { return !ready_.empty() || done_; });
    if (ready_.empty()) {
      if (failure_) return *failure_;
      return std::optional<Load>();
    }
    std::optional<Load> load(std::move(ready_.front()));
    ready_.erase(ready_.begin());
    moved_.notify_all();
    return load;
  }

 private:
  void run() {
    auto made = make_all();
    const std::lock_guard lock(mutex_);
    if (!made) failure_ = std::move(made).error();
    done_ = true;
    moved_.notify_all();
  }

  Result<void> make_all() {
    Load load;
    for (PartitionId id = 0; id < log_.partitions(); ++id) {
      log::StoredLog::Walk walk(log_, id);
      if (behind_[id]) {
        HUB_TRY(const bool found, walk.go_behind(*behind_[id]));
        HUB_ASSERT(found);
      }
      while (true) {
        HUB_TRY(const auto batch, walk.next());
        if (!batch) break;
        add(load, *batch);
        if (load.messages.size() < kMessagesMax && load.bytes < kBytesMax) continue;
        if (!give(std::exchange(load, {}))) return success();
      }
    }
    if (!load.messages.empty()) give(std::move(load));
    return success();
  }

  void add(Load& load, const log::Batch& batch) const {
    const Author author{batch.end.epoch, owner_};
    for (const auto& record : batch.records) {
      load.messages.push_back({batch.partition, to_message(record, batch.partition, author), -1});
      load.bytes += record.data.size();
    }
    load.messages.push_back({batch.partition, to_message(batch.end, batch.partition, author), -1});
    load.bytes += load.messages.back().message.value.size();
    load.records += batch.records.size();
  }

  /// False: nobody wants more.
  bool give(Load load) {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [this] { return ready_.size() < kLoadsAhead || stopping_; });
    if (stopping_) return false;
    ready_.push_back(std::move(load));
    moved_.notify_all();
    return true;
  }

  const log::StoredLog& log_;
  const std::vector<std::optional<log::BatchEnd>> behind_;
  const std::string owner_;
  std::mutex mutex_;  ///< guards what follows
  std::condition_variable moved_;
  std::vector<Load> ready_;
  std::optional<Failure> failure_;
  bool done_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

class Filling {
 public:
  Filling(const log::StoredLog& log, const FillOptions& options)
      : log_(log), options_(options), topic_(Topics(options.name).events) {}

  Result<Filled> run() {
    for (int barren = 0;;) {
      const auto before = filled_.transactions;
      HUB_TRY(const bool complete, go_on());
      if (complete) {
        // A commit is answered before readers see it. Producers made anew are let in when the last one has ended.
        HUB_TRY(producers().renew());
        return filled_;
      }
      barren = filled_.transactions == before ? barren + 1 : 0;
      if (barren >= kBarrenTriesMax)
        return unavailable("kafka.unreachable",
                           "the brokers take no transactions at the moment; run it again, and it goes on from here");
    }
  }

 private:
  TurnOfTwo producers() const { return {options_.brokers, "ch-" + options_.name + "-migrate"}; }

  /// From what is there, as long as transactions end well. False when one did not: what became of it, the topic tells.
  Result<bool> go_on() {
    // Both anew each time, before anything is read: nobody who wrote before can write any more.
    auto writers = producers();
    HUB_TRY(writers.renew());
    HUB_TRY(auto behind, find_behind());
    Loads loads(log_, std::move(behind));
    while (true) {
      HUB_TRY(auto load, loads.next());
      if (!load) return true;
      if (writers.write(topic_, load->messages) != Outcome::committed) return false;
      there_ += load->records;
      filled_.records += load->records;
      ++filled_.transactions;
      if (options_.progress) options_.progress(there_);
    }
  }

  Result<std::vector<std::optional<log::BatchEnd>>> find_behind() {
    HUB_TRY(const auto ends, find_ends(options_.brokers, topic_, log_.partitions(), Patience(kPatience)));
    std::vector<std::optional<log::BatchEnd>> behind;
    there_ = 0;
    for (PartitionId id = 0; id < log_.partitions(); ++id) {
      const auto& end = ends[id];
      if (!end.is_empty) {
        HUB_TRY(const bool ours, is_ours(id, end));
        if (!ours) return other_records(id);
      }
      behind.push_back(end.last);
      there_ += end.last ? end.last->last : 0;
    }
    if (filled_.transactions == 0) filled_.records_before = there_;
    return behind;
  }

  /// A batch with the hash of one of ours has ours in front of it.
  Result<bool> is_ours(PartitionId id, const PartitionEnd& end) const {
    if (!end.last) return false;
    return log::StoredLog::Walk(log_, id).go_behind(*end.last);
  }

  Failure other_records(PartitionId id) const {
    return conflict("migrate.other_records",
                    "partition " + std::to_string(id) + " of " + topic_ +
                        " holds records that are not in this folder: use another --namespace, or delete the topics of "
                        "this one when nothing in them is wanted");
  }

  const log::StoredLog& log_;
  const FillOptions& options_;
  const std::string topic_;
  std::uint64_t there_ = 0;
  Filled filled_;
};

}  // namespace

std::string filling_owner(std::uint64_t incarnation) {
  const auto digest = sha256("computehub.migrate.v1 " + std::to_string(incarnation));
  return to_hex({reinterpret_cast<const char*>(digest.data()), kOwnerBytes});
}

Result<Filled> fill_namespace(const log::StoredLog& log, const FillOptions& options) {
  return Filling(log, options).run();
}

}  // namespace hub::kafka
