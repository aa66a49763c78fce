#include "adapters/secrets/shared_slots.hpp"

#include "events/core/json_codec.hpp"
#include "events/core/logging.hpp"

namespace hub::secrets {
namespace {

/// Name of the change that says which key is in force; no slot's name, for those are hexadecimal.
constexpr std::string_view kKeyName = "encryption-key";

struct KeyInForce {
  std::string key_id;
  static constexpr std::string_view required[] = {"key_id"};
};
BOOST_DESCRIBE_STRUCT(KeyInForce, (), (key_id))

Medium::Change key_in_force(const Key& key) {
  return {std::string(kKeyName), to_json(KeyInForce{key.id()})};
}

void say_foreign(std::string_view name) {
  logging::write(logging::Level::error, "a record among the shared secrets is none; what was there before stays",
                 {{"name", to_valid_utf8(std::string(name))}});
}

}  // namespace

SharedSlots::SharedSlots(std::vector<Key> keys) {
  if (!keys.empty()) first_key_ = keys.front().id();
  for (auto& key : keys) {
    auto id = key.id();
    keys_.emplace(std::move(id), std::move(key));
  }
}

SharedSlots::~SharedSlots() {
  medium_.reset();
}

Result<std::unique_ptr<SharedSlots>> SharedSlots::open(std::unique_ptr<Medium> medium, std::vector<Key> keys) {
  std::unique_ptr<SharedSlots> slots(new SharedSlots(std::move(keys)));
  slots->medium_ = std::move(medium);
  HUB_TRY(slots->medium_->follow(
      [at = slots.get()](std::string_view name, std::optional<std::string_view> bytes) { at->take(name, bytes); }));
  HUB_TRY(slots->check_key());
  return slots;
}

Result<void> SharedSlots::check_key() const {
  const std::shared_lock lock(mutex_);
  if (keys_.empty() || key_id_.empty() || keys_.count(key_id_) > 0) return success();
  return conflict("secrets.wrong_key", other_key(key_id_).detail);
}

void SharedSlots::take(std::string_view name, std::optional<std::string_view> bytes) {
  if (name == kKeyName) return take_key(bytes);
  const auto changed = take_value(std::string(name), bytes);
  if (!changed) return;
  const std::lock_guard lock(telling_);
  if (observer_) observer_(*changed);
}

void SharedSlots::take_key(std::optional<std::string_view> bytes) {
  const auto said = from_json<KeyInForce>(bytes.value_or(std::string_view()), ReadMode::lenient);
  if (!said || said.value().key_id.empty()) return say_foreign(kKeyName);
  const std::unique_lock lock(mutex_);
  const bool rotated = !key_id_.empty() && key_id_ != said.value().key_id;
  key_id_ = said.value().key_id;
  if (rotated || (!keys_.empty() && keys_.count(key_id_) == 0))
    logging::write(keys_.count(key_id_) == 0 ? logging::Level::error : logging::Level::info,
                   "the key of the shared secrets has been set", {{"key_id", key_id_}, {"given", first_key_}});
}

std::optional<Slot> SharedSlots::take_value(const std::string& name, std::optional<std::string_view> bytes) {
  auto info = bytes ? read_info(*bytes) : std::nullopt;
  if (bytes && (!info || file_name_of(info->slot) != name)) {
    say_foreign(name);
    return std::nullopt;
  }
  const std::unique_lock lock(mutex_);
  auto dropped = drop(name);
  if (!bytes) return dropped;
  const auto slot = info->slot;
  bytes_ += bytes->size();
  names_.emplace(name, slot);
  held_.emplace(slot, Held{std::move(*info), std::string(*bytes)});
  return slot;
}

std::optional<Slot> SharedSlots::drop(const std::string& name) {
  const auto named = names_.find(name);
  if (named == names_.end()) return std::nullopt;
  auto slot = std::move(named->second);
  names_.erase(named);
  const auto held = held_.find(slot);
  bytes_ -= held->second.bytes.size();
  held_.erase(held);
  return slot;
}

bool SharedSlots::has_key() const {
  const std::shared_lock lock(mutex_);
  return !keys_.empty() && (key_id_.empty() || keys_.count(key_id_) > 0);
}

std::string SharedSlots::key_id() const {
  const std::shared_lock lock(mutex_);
  return key_id_;
}

Failure SharedSlots::other_key(std::string_view wanted) const {
  return unavailable("secrets.other_key",
                     "the secrets that the nodes share are under key " + std::string(wanted) + ", and this node has " +
                         first_key_ +
                         ": start every node with the same ENCRYPTION_KEY or --encryption-key-file; with --dev too, "
                         "where each data folder has a key of its own otherwise (DIR/keys/encryption-key)");
}

Result<const Key*> SharedSlots::key_to_write_with() const {
  if (keys_.empty()) return no_key();
  const auto& wanted = key_id_.empty() ? first_key_ : key_id_;
  const auto found = keys_.find(wanted);
  if (found == keys_.end()) return other_key(wanted);
  return &found->second;
}

const SlotInfo* SharedSlots::info_of(const Slot& slot) const {
  const auto found = held_.find(slot);
  return found == held_.end() ? nullptr : &found->second.info;
}

Result<Medium::Changes> SharedSlots::decide_put(const SlotInfo& info, std::string_view value) const {
  HUB_TRY(const auto* key, key_to_write_with());
  if (bytes_ + value.size() > kSharedBytesMax)
    return conflict("secrets.full", "the nodes share at most 256 MiB of secrets: remove some");
  Medium::Changes changes;
  if (key_id_.empty()) changes.push_back(key_in_force(*key));
  changes.push_back({file_name_of(info.slot), encode_secret_file(info, value, *key)});
  return changes;
}

Result<SlotInfo> SharedSlots::put(const Slot& slot, std::string_view value, Instant now) {
  HUB_ASSERT(value.size() <= kValueSizeMax);
  SlotInfo written;
  HUB_TRY(medium_->write([&]() -> Result<Medium::Changes> {
    const std::shared_lock lock(mutex_);
    written = written_again(slot, info_of(slot), now);
    return decide_put(written, value);
  }));
  return written;
}

Result<SlotInfo> SharedSlots::put_if(std::int64_t version, const Slot& slot, std::string_view value, Instant now) {
  HUB_ASSERT(value.size() <= kValueSizeMax);
  SlotInfo written;
  HUB_TRY(medium_->write([&]() -> Result<Medium::Changes> {
    const std::shared_lock lock(mutex_);
    const auto* before = info_of(slot);
    if (version != (before == nullptr ? 0 : before->version)) return changed_meanwhile();
    written = written_again(slot, before, now);
    return decide_put(written, value);
  }));
  return written;
}

Result<SecretBytes> SharedSlots::get(const Slot& slot) const {
  const std::shared_lock lock(mutex_);
  const auto found = held_.find(slot);
  if (found == held_.end()) return unknown_secret();
  if (keys_.empty()) return no_key();
  const auto& bytes = found->second.bytes;
  const auto key_id = read_key_id(bytes);
  const auto key = keys_.find(key_id);
  if (key == keys_.end()) return other_key(key_id);
  return decode_secret_file(bytes, slot, key->second);
}

Result<void> SharedSlots::remove(const Slot& slot) {
  return medium_->write([&]() -> Result<Medium::Changes> {
    const std::shared_lock lock(mutex_);
    if (info_of(slot) == nullptr) return unknown_secret();
    return Medium::Changes{{file_name_of(slot), std::nullopt}};
  });
}

std::vector<SlotInfo> SharedSlots::list(std::string_view kind, std::string_view organisation,
                                        std::string_view project) const {
  const std::shared_lock lock(mutex_);
  return infos_in(held_, kind, organisation, project, [](const Held& held) { return held.info; });
}

std::optional<SlotInfo> SharedSlots::find(const Slot& slot) const {
  const std::shared_lock lock(mutex_);
  const auto* info = info_of(slot);
  return info == nullptr ? std::nullopt : std::optional(*info);
}

Result<void> SharedSlots::refresh() const {
  return medium_->catch_up();
}

void SharedSlots::observe(Observer observer) {
  const std::lock_guard lock(telling_);
  observer_ = std::move(observer);
}

Result<void> SharedSlots::rotate(const Key& next) {
  HUB_TRY(medium_->write([&] {
    const std::shared_lock lock(mutex_);
    return decide_rotation(next);
  }));
  const std::unique_lock lock(mutex_);
  keys_.emplace(next.id(), next.clone());
  return success();
}

Result<Medium::Changes> SharedSlots::decide_rotation(const Key& next) const {
  HUB_TRY(const auto* key, key_to_write_with());
  if (key->id() == next.id()) return conflict("secrets.same_key", "the new key is the one in force");
  Medium::Changes changes{key_in_force(next)};
  std::size_t unreadable = 0;
  for (const auto& [slot, held] : held_) {
    const auto plain = decode_secret_file(held.bytes, slot, *key);
    if (plain)
      changes.push_back({file_name_of(slot), encode_secret_file(held.info, plain.value().view(), next)});
    else
      ++unreadable;
  }
  if (unreadable == 0) return changes;
  return internal_failure("secrets.tampered",
                          std::to_string(unreadable) + " stored values are damaged; nothing was re-encrypted");
}

}  // namespace hub::secrets
