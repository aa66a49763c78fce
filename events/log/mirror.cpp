#include "events/log/mirror.hpp"

#include <mutex>

#include "events/log/chain.hpp"
#include "events/log/embedded_indexes.hpp"
#include "events/log/embedded_queries.hpp"
#include "events/log/embedded_store.hpp"
#include "events/rocks/patient_files.hpp"

namespace hub::log {
namespace {

struct Place {
  std::mutex mutex;  ///< guards what follows
  Head head;
  std::uint32_t turn = 0;  ///< of the next batch: how many without records stand behind the last record
  std::string resume;
};

class LocalMirror final : public Mirror {
 public:
  explicit LocalMirror(std::unique_ptr<Store> store) : store_(std::move(store)), places_(store_->meta.partitions) {}

  Result<void> recover() {
    for (PartitionId id = 0; id < places_.size(); ++id) {
      HUB_TRY(const auto tail, read_tail(*store_, id));
      places_[id].head = tail.head;
      places_[id].turn = tail.turn;
      HUB_TRY(places_[id].resume, read_resume(id));
    }
    return success();
  }

  /// An empty log becomes one; one that others have written to goes on where it is, not here.
  Result<void> become_copy() {
    HUB_TRY(const bool marked, is_copy(*store_));
    if (marked) return success();
    for (const auto& place : places_)
      if (place.head.epoch != 0)
        return conflict("log.not_a_copy",
                        "the folder holds a record of its own: move it with migrate --from embedded --to kafka, or use "
                        "another --data");
    mark_copy(*store_);
    return success();
  }

  Head head(PartitionId partition) override {
    auto& place = at(partition);
    const std::lock_guard lock(place.mutex);
    return place.head;
  }
  std::string resume(PartitionId partition) override {
    auto& place = at(partition);
    const std::lock_guard lock(place.mutex);
    return place.resume;
  }

  Result<void> take(const std::vector<Arrival>& arrivals) override {
    if (arrivals.empty()) return success();
    auto& place = at(arrivals.front().batch->partition);
    rocksdb::WriteBatch rows;
    std::optional<Failure> failure;
    auto head = place.head;  // nobody else changes it
    auto turn = place.turn;
    auto resume = place.resume;
    for (const auto& [batch, behind] : arrivals) {
      const auto link = head.hash;
      if (const auto fault = attach(*batch, head)) {
        failure = corrupt_at(fault->position, fault->reason);
        break;
      }
      put_batch(rows, *store_, {batch->partition, batch->end.first, turn}, link, *batch);
      turn = batch->records.empty() ? turn + 1 : 0;
      resume = behind;
    }
    write(rows, arrivals.front().batch->partition, resume);
    {
      const std::lock_guard lock(place.mutex);
      place.head = head;
      place.turn = turn;
      place.resume = std::move(resume);
    }
    if (failure) return std::move(*failure);
    return success();
  }

  Result<std::vector<BatchPtr>> read(PartitionId partition, Seq from, std::size_t bytes_max) override {
    if (from > head(partition).seq) return std::vector<BatchPtr>{};
    return read_batches(*store_, partition, std::max<Seq>(from, 1), bytes_max);
  }
  Result<std::vector<EntityRecord>> history(std::string_view entity, Version from, std::size_t count_max) override {
    return read_history(*store_, entity, from, count_max);
  }
  Result<Seq> seq_at(PartitionId partition, Instant at) override { return find_seq_at(*store_, partition, at); }
  std::unique_ptr<IndexCheck> check_indexes() override { return log::check_indexes(*store_); }

 private:
  Place& at(PartitionId partition) {
    HUB_ASSERT(partition < places_.size());
    return places_[partition];
  }

  Result<std::string> read_resume(PartitionId partition) const {
    std::string bytes;
    const auto status = store_->db->Get({}, store_->rows, resume_key(partition), &bytes);
    if (status.ok() || status.IsNotFound()) return bytes;
    return read_failure({partition, 0}, status);
  }

  void write(rocksdb::WriteBatch& rows, PartitionId partition, const std::string& resume) {
    rows.Put(store_->rows, resume_key(partition), resume);
    const auto status = store_->db->Write({}, &rows);
    if (!status.ok()) stop_process("copying a batch", status);
  }

  const std::unique_ptr<Store> store_;
  std::vector<Place> places_;
};

}  // namespace

Result<std::unique_ptr<Mirror>> open_mirror(const MirrorOptions& options) {
  EmbeddedOptions store_options;
  store_options.folder = options.folder;
  store_options.partitions = options.partitions;
  store_options.memory_bytes_max = options.memory_bytes_max;
  HUB_TRY(auto store, open_store(store_options, rocks::patient_env(), options.incarnation));
  if (store->meta != Meta{options.partitions, options.incarnation})
    return conflict("log.other",
                    "the folder holds another log than the one that it would copy: give the --data that belongs to "
                    "this namespace, or an empty one");
  auto mirror = std::make_unique<LocalMirror>(std::move(store));
  HUB_TRY(mirror->recover());
  HUB_TRY(mirror->become_copy());
  return std::unique_ptr<Mirror>(std::move(mirror));
}

}  // namespace hub::log
