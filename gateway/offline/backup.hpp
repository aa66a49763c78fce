#pragma once
#include <boost/describe.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "events/core/instant.hpp"
#include "events/core/result.hpp"

namespace hub::offline {

inline constexpr const char* kBackupFile = "backup.json";

struct BackupHead {
  std::uint32_t partition = 0;
  std::uint64_t seq = 0;
  std::string hash;  ///< hexadecimal
};
BOOST_DESCRIBE_STRUCT(BackupHead, (), (partition, seq, hash))

struct BackupEntry {
  std::string path;  ///< relative
  std::uint64_t size = 0;
  std::string sha256;
};
BOOST_DESCRIBE_STRUCT(BackupEntry, (), (path, size, sha256))

/// What stands in backup.json. It is written last: without it a folder is no backup.
struct BackupManifest {
  std::uint32_t version = 1;
  Instant made_at;
  bool keys = false;
  std::uint64_t records = 0;
  std::vector<BackupHead> heads;   ///< of the log's partitions; what is between is held by the chain
  std::vector<BackupEntry> files;  ///< all but the log's own
};
BOOST_DESCRIBE_STRUCT(BackupManifest, (), (version, made_at, keys, records, heads, files))

/// Every file below `folder` but backup.json and those of the log, by path. Fails: unavailable `data.unusable`.
Result<std::vector<BackupEntry>> list_files(const std::filesystem::path& folder);
/// Fails: unavailable `data.unusable`.
Result<void> write_manifest(const std::filesystem::path& folder, const BackupManifest& manifest);
/// Fails: not_found `backup.absent`; malformed `backup.invalid`.
Result<BackupManifest> read_manifest(const std::filesystem::path& folder);
/// Copies regular files and folders, each only for its owner. Fails: unavailable `data.unusable`.
Result<void> copy_private(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace hub::offline
