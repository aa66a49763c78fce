#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/secrets/cipher.hpp"
#include "adapters/secrets/secret_file.hpp"

namespace hub::secrets {

inline constexpr std::size_t kValueSizeMax = 64 << 10;

/// Encrypted values by slot: in one folder (SlotStore), or the same for several nodes (SharedSlots). Safe from any
/// thread. Where several nodes share them a call that changes something fails also with unavailable
/// `secrets.unavailable` when that cannot be written, and whoever has another key than the one in force meets
/// unavailable `secrets.other_key`.
class Slots {
 public:
  /// Told of a slot whose value has changed, behind the change; on any thread, one call at a time.
  using Observer = std::function<void(const Slot&)>;

  virtual ~Slots() = default;

  /// Whether values can be kept and read.
  virtual bool has_key() const = 0;
  /// Of the key in force; empty while nothing was ever stored.
  virtual std::string key_id() const = 0;

  /// Stores or replaces. `value` is at most kValueSizeMax. Fails: unavailable `secrets.no_key`; conflict
  /// `secrets.full`.
  virtual Result<SlotInfo> put(const Slot& slot, std::string_view value, Instant now) = 0;
  /// The same if the slot still has this version, 0 for a slot that is not there. Fails also: conflict
  /// `secrets.changed`; then what it has now is what find() and get() say.
  virtual Result<SlotInfo> put_if(std::int64_t version, const Slot& slot, std::string_view value, Instant now) = 0;
  /// Fails: not_found `secrets.unknown`; unavailable `secrets.no_key`; internal `secrets.tampered`.
  virtual Result<SecretBytes> get(const Slot& slot) const = 0;
  /// Fails: not_found `secrets.unknown`.
  virtual Result<void> remove(const Slot& slot) = 0;
  /// By name.
  virtual std::vector<SlotInfo> list(std::string_view kind, std::string_view organisation,
                                     std::string_view project) const = 0;
  /// Of every kind and project.
  virtual std::vector<SlotInfo> all() const = 0;
  virtual std::optional<SlotInfo> find(const Slot& slot) const = 0;
  /// Returns when what other nodes have stored by now is here; at once where there are none.
  virtual Result<void> refresh() const = 0;
  /// Takes away what may be left of earlier values of the slot when a write was interrupted. Safe to repeat.
  virtual Result<void> drop_earlier(const Slot& slot) = 0;
  /// One at most; an empty one takes it away, and returns when it runs no more.
  virtual void observe(Observer observer) = 0;

  std::size_t count(std::string_view kind, std::string_view organisation, std::string_view project) const {
    return list(kind, organisation, project).size();
  }
  bool has(const Slot& slot) const { return find(slot).has_value(); }
};

// Failures that all stores share.
Failure no_key();
Failure unknown_secret();
Failure changed_meanwhile();

/// Those of a map from slots in the order of its keys that belong to one kind and project; `info_of` is given the
/// values.
template <class Map, class InfoOf>
std::vector<SlotInfo> infos_in(const Map& map, std::string_view kind, std::string_view organisation,
                               std::string_view project, InfoOf info_of) {
  std::vector<SlotInfo> found;
  auto next = map.lower_bound(Slot{std::string(kind), std::string(organisation), std::string(project), {}});
  for (; next != map.end(); ++next) {
    const auto& slot = next->first;
    if (slot.kind != kind || slot.organisation != organisation || slot.project != project) break;
    found.push_back(info_of(next->second));
  }
  return found;
}

/// What is to be known of a slot once it is written again at `now`; `before`: what is known of it until then.
inline SlotInfo written_again(const Slot& slot, const SlotInfo* before, Instant now) {
  if (before == nullptr) return {slot, 1, now, now};
  return {slot, before->version + 1, before->created_at, now};
}

}  // namespace hub::secrets
