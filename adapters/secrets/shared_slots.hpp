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
/// Each write is a record under a name of its own, which says whose turn it is: one behind the record that it was
/// decided on. Of the records of a slot the one of the last turn counts, of several of one turn the first on the
/// medium; whoever was not the first decides again. With a record its writer deletes those before it. So what counts
/// follows from what is there, whatever was dropped from the medium since it was deleted.
///
/// The key in force is said in the same way, by whoever stores the first value and by a rotation. Each value names its
/// key, so a node that has the old key and the new one reads on throughout.
class SharedSlots final : public Slots {
 public:
  /// Reads all there is. `keys`: those that this node was given; the first is in force where none is. With none names
  /// can be listed and values removed, nothing else.
  /// Fails: conflict `secrets.wrong_key` when values are there under a key that is not among them; as Medium::follow().
  static Result<std::unique_ptr<SharedSlots>> open(std::unique_ptr<Medium> medium, std::vector<Key> keys,
                                                   std::size_t bytes_max = kSharedBytesMax);
  ~SharedSlots() override;

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

  /// Re-encrypts everything under `next`, for all nodes; those that run without it are shut out until they are started
  /// with it. Takes as long as a write may be under way (Medium::settle). Safe to repeat when it failed half way: then
  /// both keys are in use. Fails: conflict `secrets.same_key`, `secrets.changed` (somebody else rotates); unavailable
  /// `secrets.no_key`; internal `secrets.tampered` naming how many values cannot be read: then nothing has changed.
  Result<void> rotate(const Key& next);

 private:
  struct Record {
    std::string name;  ///< of the medium
    std::uint64_t turn = 0;
    SlotInfo info;
    std::string bytes;  ///< as encode_secret_file() made them
  };
  /// In the order of the medium; never empty.
  using Records = std::vector<Record>;

  SharedSlots(std::vector<Key> keys, std::size_t bytes_max);
  void take(std::string_view name, std::optional<std::string_view> bytes);
  void take_key(std::string_view name, std::optional<std::string_view> bytes);
  std::optional<Slot> take_value(std::string_view name, std::string_view bytes);
  std::optional<Slot> take_deletion(std::string_view name);
  Result<void> check_key() const;
  Result<void> ensure_key();
  Result<void> set_key(const std::string& id);
  Result<SlotInfo> write(const Slot& slot, std::optional<std::int64_t> version, std::string_view value, Instant now);
  Result<std::size_t> encrypt_under(const Key& next);
  // These need the lock.
  static const Record& current(const Records& records);
  const Record* find_record(const Slot& slot) const;
  Result<const Key*> key_to_write_with() const;
  Result<void> check_room(std::string_view value) const;
  void add_deletions(const Slot& slot, bool also_current, Medium::Changes& changes) const;
  Result<Medium::Changes> re_encrypted(const Key& next) const;
  Failure other_key(std::string_view wanted) const;

  const std::size_t bytes_max_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, Key, std::less<>> keys_;  ///< those that were given, by id
  std::string first_key_;                         ///< id of the first of them
  std::string key_id_;                            ///< in force, by the medium
  std::uint64_t key_turn_ = 0;                    ///< counts the keys that were in force
  std::map<Slot, Records> slots_;
  std::map<std::string, Slot, std::less<>> names_;  ///< of all records
  std::size_t bytes_ = 0;
  std::mutex telling_;
  Observer observer_;
  std::unique_ptr<Medium> medium_;  ///< ends first: it calls the rest
};

}  // namespace hub::secrets
