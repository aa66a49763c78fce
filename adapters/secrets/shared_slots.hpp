#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "adapters/secrets/medium.hpp"
#include "adapters/secrets/slots.hpp"

namespace hub::secrets {

/// Of all values that nodes share, as they are encrypted: each node holds them in memory.
inline constexpr std::size_t kSharedBytesMax = std::size_t{256} << 20U;

/// The values that several nodes share, as their medium has them. A change counts when this node has read it back, so
/// all nodes see the same changes in the same order. What is read is in memory, and there while the medium is away; it
/// may be some milliseconds old: refresh() before anybody is told that something is not there.
///
/// The key in force is said on the medium by whoever stores the first value, and by a rotation. Each value names its
/// key, so a node that has the old key and the new one reads on throughout.
class SharedSlots final : public Slots {
 public:
  /// Reads all there is. `keys`: those that this node was given; the first is in force where none is. With none names
  /// can be listed and values removed, nothing else.
  /// Fails: conflict `secrets.wrong_key` when values are there under a key that is not among them; as Medium::follow().
  static Result<std::unique_ptr<SharedSlots>> open(std::unique_ptr<Medium> medium, std::vector<Key> keys);
  ~SharedSlots() override;

  bool has_key() const override;
  std::string key_id() const override;
  Result<SlotInfo> put(const Slot& slot, std::string_view value, Instant now) override;
  Result<SlotInfo> put_if(std::int64_t version, const Slot& slot, std::string_view value, Instant now) override;
  Result<SecretBytes> get(const Slot& slot) const override;
  Result<void> remove(const Slot& slot) override;
  std::vector<SlotInfo> list(std::string_view kind, std::string_view organisation,
                             std::string_view project) const override;
  std::optional<SlotInfo> find(const Slot& slot) const override;
  Result<void> refresh() const override;
  void observe(Observer observer) override;

  /// Re-encrypts everything under `next`, for all nodes; those that run without it are shut out until they are started
  /// with it. Fails: conflict `secrets.same_key`; unavailable `secrets.no_key`; internal `secrets.tampered` naming how
  /// many values cannot be read: then nothing has changed.
  Result<void> rotate(const Key& next);

 private:
  struct Held {
    SlotInfo info;
    std::string bytes;  ///< as encode_secret_file() made them
  };

  explicit SharedSlots(std::vector<Key> keys);
  void take(std::string_view name, std::optional<std::string_view> bytes);
  void take_key(std::optional<std::string_view> bytes);
  std::optional<Slot> take_value(const std::string& name, std::optional<std::string_view> bytes);
  std::optional<Slot> drop(const std::string& name);
  Result<void> check_key() const;
  // These need the lock.
  Result<const Key*> key_to_write_with() const;
  Result<Medium::Changes> decide_put(const SlotInfo& info, std::string_view value) const;
  Result<Medium::Changes> decide_rotation(const Key& next) const;
  const SlotInfo* info_of(const Slot& slot) const;
  Failure other_key(std::string_view wanted) const;

  mutable std::shared_mutex mutex_;
  std::map<std::string, Key, std::less<>> keys_;  ///< those that were given, by id
  std::string first_key_;                         ///< id of the first of them
  std::string key_id_;                            ///< in force, by the medium
  std::map<Slot, Held> held_;
  std::map<std::string, Slot, std::less<>> names_;  ///< of the medium
  std::size_t bytes_ = 0;
  std::mutex telling_;
  Observer observer_;
  std::unique_ptr<Medium> medium_;  ///< ends first: it calls the rest
};

}  // namespace hub::secrets
