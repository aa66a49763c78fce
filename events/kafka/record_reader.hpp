#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "events/kafka/assembler.hpp"
#include "events/kafka/consumer.hpp"
#include "events/kafka/end_waits.hpp"
#include "events/kafka/foreign_record.hpp"
#include "events/kafka/kafka_figures.hpp"
#include "events/kafka/last_offsets.hpp"
#include "events/kafka/own_offsets.hpp"
#include "events/log/mirror.hpp"
#include "events/log/watchers.hpp"

namespace hub::kafka {

/// One partition, as far as this process knows it.
struct Place {
  Place(PartitionId partition, const log::Head& head, std::string_view resume) : assembler(partition, head, resume) {}

  std::mutex appending;  ///< held over a whole append or claim
  std::mutex state;      ///< guards what follows, and keeps watchers told in order
  std::condition_variable moved;
  Assembler assembler;
  OwnOffsets own;
  std::optional<Failure> fault;
  Epoch tried = 0;             ///< the highest epoch that this process claimed, whatever came of it
  bool caught_up = false;      ///< the end was reached once
  std::uint64_t commands = 0;  ///< offset behind the last command of a batch, as far as known
  std::string owner;           ///< under which this process owns the partition as far as it knows; empty: it does not
};

/// Reads the topic of the record, whoever writes it: what counts goes to this machine's copy and to watchers, in order.
class RecordReader {
 public:
  struct Options {
    std::string topic;
    std::uint32_t partitions = 16;
    std::shared_ptr<KafkaFigures> figures;
    ForeignHandler foreign;  ///< told of what lies there and is not ours; empty: nobody
  };
  RecordReader(Options options, std::unique_ptr<log::Mirror> mirror);

  /// Returns when the copy has what was committed by then. Fails: invalid `kafka.conf`; unavailable `kafka.unreachable`
  /// when nothing comes for 30 s; gone `log.truncated`, internal `log.corrupt` naming the position.
  Result<void> start(const Brokers& brokers);
  /// Nothing more is read when it returns; whoever waits for it is told that it was in vain.
  void stop() {
    consumer_.reset();
    waits_.reset();
  }
  /// As log::Log::when_read, once started.
  void when_read(const std::vector<PartitionId>& partitions, EndWaits::Told told) {
    waits_->when_read(partitions, std::move(told));
  }

  Place& at(PartitionId partition) {
    HUB_ASSERT(partition < places_.size());
    return *places_[partition];
  }
  log::Mirror& mirror() { return *mirror_; }
  log::Watchers& watchers() { return watchers_; }
  KafkaFigures& figures() { return *options_.figures; }
  /// Behind anything but a commit: other producers may be made, so what another claimed meanwhile would not fence them.
  void disown_all();
  /// What this process wrote and where its messages came to lie, in order; nothing when they were read meanwhile. Needs
  /// the place's `state`.
  void take_own(Place& place, const log::BatchPtr& batch, const std::vector<std::int64_t>& offsets);

 private:
  void take(const rd_kafka_message_t& message);
  void take(Place& place, const rd_kafka_message_t& message);
  void reached_end(PartitionId partition, std::int64_t end);
  Result<void> catch_up();
  void stop(Place& place, Failure failure);
  void keep(Place& place, const log::BatchPtr& batch);

  const Options options_;
  const std::unique_ptr<log::Mirror> mirror_;
  std::vector<std::unique_ptr<Place>> places_;
  log::Watchers watchers_;
  std::unique_ptr<LastOffsets> last_offsets_;
  std::unique_ptr<EndWaits> waits_;
  std::unique_ptr<Consumer> consumer_;  ///< last: calls into the others until it is gone
};

}  // namespace hub::kafka
