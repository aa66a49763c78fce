#pragma once
#include "events/log/auditor.hpp"

namespace hub::log {

/// The heads of a log by partition, as they are now.
std::vector<Seq> heads_of(Log& log);

/// verify() a piece at a time, of a log that may be written to meanwhile: what is told is of the heads that it is
/// given, and of the indexes as they are when the records have been walked. Not safe from several threads at once.
class Verification {
 public:
  enum class Stage { records, indexes, done };

  /// All of `log` must be readable up to the heads, and whatever a checkpoint there names (Log::when_read()).
  Verification(Log& log, const PublicKeys& keys, std::vector<Seq> heads,
               const std::optional<Checkpoint>& against = std::nullopt,
               Unsigned without_checkpoints = Unsigned::refused);

  /// Looks at about `bytes` more. False: that was all, or something bad was found.
  bool step(std::size_t bytes);

  Stage stage() const { return stage_; }
  /// Records looked at in this stage.
  std::uint64_t records_done() const;
  /// Records up to the heads.
  std::uint64_t records_of() const { return records_of_; }
  /// What was found so far.
  const AuditReport& report() const { return report_; }

 private:
  bool step_records(std::size_t bytes);
  bool step_indexes(std::size_t bytes);
  bool end();

  Log& log_;
  const std::vector<Seq> heads_;
  std::uint64_t records_of_ = 0;
  Auditor auditor_;
  AuditReport report_;
  Stage stage_ = Stage::records;
  PartitionId partition_ = 0;
  std::unique_ptr<IndexCheck> indexes_;
};

}  // namespace hub::log
