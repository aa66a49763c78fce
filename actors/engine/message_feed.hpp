#pragma once
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "actors/engine/reply.hpp"
#include "events/log/log.hpp"

namespace hub::engine {

/// Brings one runner the messages to its partitions, out of every partition of the log, whoever owns those. How far a
/// target has got with each source stands in the target's own batch ends; the log is the queue, so what does not fit in
/// memory is read again later, and a new owner goes on where the last one stopped. Messages of one source to one target
/// come in order. heard() is called by the log from any thread, everything else by the runner's.
class MessageFeed {
 public:
  /// Of messages in memory; beyond it they stay in the log for now.
  static constexpr std::size_t kWaitingMax = 4'096;
  /// A target's next batch says how far it has looked at a source when that is so many records further.
  static constexpr Seq kMarkEvery = 1'024;
  /// … and a target that writes nothing gets a batch for that alone when it is so many further.
  static constexpr Seq kMarkAlone = 8'192;

  using Alarm = std::function<void(PartitionId, const Failure&)>;
  /// `wake` is called from any thread when there may be something to poll; `alarm` when a source cannot be read.
  MessageFeed(log::Log& log, std::function<void()> wake, Alarm alarm);
  ~MessageFeed();
  MessageFeed(const MessageFeed&) = delete;
  MessageFeed& operator=(const MessageFeed&) = delete;

  /// From now on brings messages to `target` that lie behind `consumed` (a seq a source partition).
  void follow(PartitionId target, const std::vector<Seq>& consumed);
  void forget(PartitionId target);
  /// Drops what waits or was taken for `target`; it comes again from behind what is consumed.
  void rewind(PartitionId target);

  /// Looks at what has come.
  void poll();
  /// From any thread: there is something to poll or to take.
  bool has_news() const { return news_; }
  /// The highest epoch heard of; above an owner's own, another has claimed the partition since.
  Epoch epoch(PartitionId partition) const { return epochs_[partition]; }
  void take(std::size_t count_max, std::vector<Submission>& into);

  /// Targets that should write a batch for their positions alone.
  std::vector<PartitionId> marks_due() const;
  /// How far the batch of `target` that is being made gets; only what should be written.
  std::vector<log::Consumed> positions(PartitionId target) const;
  /// A batch with these is in the log.
  void committed(PartitionId target, const std::vector<log::Consumed>& consumed);

 private:
  /// From one source to one target.
  struct Flow {
    Seq consumed = 0;         ///< as the target's batches say
    Seq scanned = 0;          ///< messages up to here were brought
    Seq taken = 0;            ///< seq of the last message that was taken
    std::size_t waiting = 0;  ///< brought and not taken
    Seq reached() const { return waiting == 0 ? scanned : taken; }
  };
  /// What the log told: records of one source, and the batch where it has messages.
  struct Heard {
    PartitionId source = 0;
    Seq first = 0;
    Seq last = 0;
    Epoch epoch = 0;
    log::BatchPtr batch;
  };
  struct Waiting {
    PartitionId target = 0;
    PartitionId source = 0;
    Submission submission;
  };

  void heard(const std::vector<log::BatchPtr>& batches);
  void add(const Heard& heard);
  bool bring(PartitionId target, PartitionId source, const log::BatchPtr& batch, Flow& flow);
  void read_on(PartitionId source);
  Seq scanned_by_all(PartitionId source) const;
  bool is_full() const { return waiting_.size() >= kWaitingMax; }

  log::Log& log_;
  const std::function<void()> wake_;
  const Alarm alarm_;
  std::map<PartitionId, std::vector<Flow>> targets_;
  std::deque<Waiting> waiting_;
  std::set<PartitionId> behind_;  ///< sources that have more than was heard of
  std::set<PartitionId> broken_;  ///< sources that cannot be read
  std::vector<Epoch> epochs_;     ///< by partition

  std::mutex mutex_;
  std::vector<Heard> heard_;
  std::vector<std::size_t> last_heard_;  ///< by source: place in heard_ + 1
  std::atomic<bool> news_{false};
  std::uint64_t watcher_ = 0;
};

}  // namespace hub::engine
