#pragma once
#include <filesystem>

#include "events/log/log.hpp"
#include "events/log/log_figures.hpp"

namespace hub::log {

struct EmbeddedOptions {
  std::filesystem::path folder;              ///< DIR/log and nothing else
  std::uint32_t partitions = 16;             ///< of a new log; an existing one keeps its own
  bool read_only = false;                    ///< for audit and replay of a stopped server: never writes a byte
  bool sync = true;                          ///< false only in the negative control of the power-loss test
  std::size_t memory_bytes_max = 8 << 20;    ///< write buffers
  std::shared_ptr<LogFigures> figures = {};  ///< told of each durable write; may be null
};

/// The log of one machine on RocksDB: one writer process (a lock on the folder), one put per batch and partition in
/// blob files, synced. Several threads may append; those that queue during a sync share the next.
/// Fails: unavailable `log.locked` (another process has it), internal `log.corrupt`, not_found `log.absent`
/// (read_only), conflict `log.copy` (not read_only: the folder holds a Mirror's copy).
Result<std::unique_ptr<Log>> open_embedded_log(const EmbeddedOptions& options);

}  // namespace hub::log
