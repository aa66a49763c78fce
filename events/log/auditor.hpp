#pragma once
#include <functional>
#include <unordered_map>

#include "events/log/audit.hpp"

namespace hub::log {

/// What verifying a log and an export have in common. Takes the batches of one partition after those of another.
class Auditor {
 public:
  /// True when a batch that ends with `seq` has this hash; asked for heads that were walked before they were known.
  using Holds = std::function<bool(const SignedHead&)>;

  Auditor(std::uint32_t partitions, const PublicKeys& keys, const std::optional<Checkpoint>& against,
          Unsigned without_checkpoints = Unsigned::refused);

  /// False at the first fault; then nothing more is looked at.
  bool add(const Batch& batch);
  void fail(Position position, std::string reason, std::string_view code = "log.corrupt");
  const Head& head(PartitionId partition) const { return heads_.at(partition); }
  std::uint32_t partitions() const { return static_cast<std::uint32_t>(heads_.size()); }
  const AuditReport& so_far() const { return report_; }
  AuditReport finish(const Holds& holds);

 private:
  /// A head that a checkpoint names; it must be met.
  struct Wanted {
    SignedHead head;
    std::string who;
    bool met = false;
  };
  void want(std::vector<std::optional<Wanted>>& wanted, const SignedHead& head, const std::string& who);
  bool check_record(const Record& record, const Batch& batch, const Head& before);
  bool check_due(const Batch& batch);
  bool check_version(const std::string& entity, Version version, Position position);
  bool check_checkpoint(const Record& record, const Batch& batch, const Head& before);
  bool check_owner(const Checkpoint& checkpoint, Position position, Epoch epoch);
  bool meet(const Batch& batch);
  void finish_wanted(Wanted& wanted, const Holds& holds);

  const PublicKeys keys_;
  const Unsigned without_checkpoints_;
  AuditReport report_;
  std::vector<Head> heads_;
  std::vector<std::optional<Instant>> unsigned_since_;  // by partition: of the oldest batch behind the last checkpoint
  struct Owner {
    Epoch epoch = 0;
    std::string key_id;
  };
  std::vector<Owner> owners_;                                   // by partition: who signed last
  std::vector<std::map<std::string, std::uint64_t>> consumed_;  // by partition: position in force of each source
  std::vector<std::optional<Wanted>> against_;                  // by partition
  std::vector<std::optional<Wanted>>
      latest_;  // by partition: the highest head that another partition's checkpoint names
  // Of the partition that is walked: an entity lives in one only.
  PartitionId walked_ = 0;
  std::unordered_map<std::string, Version> versions_;
};

}  // namespace hub::log
