#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <vector>

#include "adapters/secrets/durable_file.hpp"
#include "adapters/secrets/slots.hpp"

namespace hub::secrets {

/// Encrypted values, one file each, all under one key; one process at a time. Safe from any thread.
///
/// FOLDER/current names the generation in force and its key; FOLDER/g<n>/ holds the values. A rotation writes a whole
/// new generation and then replaces `current`: before that every value is under the old key, behind it under the new.
class SlotStore final : public Slots {
 public:
  /// Called with the name of each durable step; tests end the process there.
  using OnStep = std::function<void(std::string_view step)>;

  /// Without a key names can be listed and values removed, nothing else. What an interrupted rotation left is removed.
  /// Fails: conflict `secrets.wrong_key`; unavailable `secrets.locked`; internal `secrets.tampered` (`current`).
  static Result<std::unique_ptr<SlotStore>> open(const std::filesystem::path& folder, std::optional<Key> key,
                                                 OnStep on_step = {});

  bool has_key() const override;
  std::string key_id() const override;
  Result<SlotInfo> put(const Slot& slot, std::string_view value, Instant now) override;
  Result<SlotInfo> put_if(std::int64_t version, const Slot& slot, std::string_view value, Instant now) override;
  Result<SecretBytes> get(const Slot& slot) const override;
  Result<void> remove(const Slot& slot) override;
  std::vector<SlotInfo> list(std::string_view kind, std::string_view organisation,
                             std::string_view project) const override;
  std::vector<SlotInfo> all() const override;
  std::optional<SlotInfo> find(const Slot& slot) const override;
  Result<void> refresh() const override;
  Result<void> drop_earlier(const Slot& slot) override;
  void observe(Observer observer) override;

  /// Re-encrypts everything under `next`. When it fails nothing has changed. Fails: conflict `secrets.same_key`;
  /// unavailable `secrets.no_key`; internal `secrets.tampered` naming how many values cannot be read.
  Result<void> rotate(const Key& next);

 private:
  SlotStore(std::filesystem::path folder, std::optional<Key> key, OnStep on_step, File lock);

  Result<void> load();
  Result<void> load_current();
  Result<void> clean();
  Result<void> load_values();
  Result<SlotInfo> write(const Slot& slot, const SlotInfo* before, std::string_view value, Instant now);
  void tell(const Slot& slot) const;
  Result<void> write_current(std::uint64_t generation, const std::string& key_id);
  Result<void> write_generation(const std::filesystem::path& target, const Key& next);
  std::filesystem::path values() const;
  std::filesystem::path file_of(const Slot& slot) const;
  void step(std::string_view name) const;

  const std::filesystem::path folder_;
  const OnStep on_step_;
  const File lock_;
  mutable std::shared_mutex mutex_;
  std::optional<Key> key_;
  std::uint64_t generation_ = 1;
  std::string key_id_;
  std::map<Slot, SlotInfo> infos_;
  mutable std::mutex telling_;
  Observer observer_;
};

/// The key id that the secrets of this folder are kept under; empty when there are none. Needs no lock and no key.
Result<std::string> stored_key_id(const std::filesystem::path& folder);

}  // namespace hub::secrets
