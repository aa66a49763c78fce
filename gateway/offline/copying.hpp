#pragma once
#include <filesystem>
#include <optional>

#include "events/log/embedded_copy.hpp"
#include "gateway/server/data_folder.hpp"

namespace hub::offline {

/// A folder that a command makes; taken away again with all that is in it unless the command ends well.
class NewFolder {
 public:
  /// Makes it, only for its owner. One that is there already must be empty; it stays when it is given up.
  /// Fails: conflict `data.not_empty`, unavailable `data.unusable`.
  static Result<NewFolder> make(const std::filesystem::path& path);
  NewFolder(NewFolder&& other) noexcept;
  NewFolder& operator=(NewFolder&&) = delete;
  ~NewFolder();
  void keep() { kept_ = true; }

 private:
  NewFolder(std::filesystem::path path, bool was_there) : path_(std::move(path)), was_there_(was_there) {}
  std::filesystem::path path_;
  bool was_there_;
  bool kept_ = false;
};

/// Makes every file below `folder`, and their names, durable. Fails: unavailable `data.unusable`.
Result<void> sync_tree(const std::filesystem::path& folder);

struct CopiedRecord {
  log::Copied log;
  std::size_t outputs = 0;  ///< deployments of which output was kept
};
/// Copies log, public keys and kept output, up to `until`, into a folder that has none of them; keys, states,
/// projections and workspaces are not copied. `stays_copy`: as CopyOptions has it. Fails: as copy_embedded_log and
/// copy_kept_output do.
Result<CopiedRecord> copy_record(const server::DataFolder& from, const server::DataFolder& to,
                                 std::optional<Instant> until, bool stays_copy);

}  // namespace hub::offline
