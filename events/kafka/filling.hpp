#pragma once
#include <functional>

#include "events/kafka/client.hpp"
#include "events/log/stored_log.hpp"

namespace hub::kafka {

struct FillOptions {
  Brokers brokers;
  std::string name;  ///< the namespace; its topics have the partitions of the log
  /// Told of the records that are on the topic, after each transaction; may be empty.
  std::function<void(std::uint64_t records)> progress;
};

struct Filled {
  std::uint64_t records_before = 0;  ///< that were there already
  std::uint64_t records = 0;         ///< that were written
  std::uint64_t transactions = 0;
};

/// Writes what a namespace lacks of a log: the same batches with the same hashes, each under the epoch that it has and
/// one owner, in transactions of many batches. Goes on behind the last complete batch that is there, whatever became of
/// an earlier run; a later run fences this one. Fails: conflict `migrate.other_records` when other records are there;
/// internal `log.corrupt`, gone `log.truncated`; unavailable `kafka.unreachable`, after some tries. Safe to repeat.
Result<Filled> fill_namespace(const log::StoredLog& log, const FillOptions& options);

/// The owner under whom a log of this incarnation is written: the same in every run.
std::string filling_owner(std::uint64_t incarnation);

}  // namespace hub::kafka
