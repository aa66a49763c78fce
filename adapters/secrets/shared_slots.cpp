#include "adapters/secrets/shared_slots.hpp"

#include <algorithm>
#include <charconv>

#include "events/core/digest.hpp"
#include "events/core/json_codec.hpp"
#include "events/core/logging.hpp"

namespace hub::secrets {
namespace {

/// Begins the names of what says which key is in force; no slot's name does, for those are hexadecimal.
constexpr std::string_view kKeyPrefix = "encryption-key.";
constexpr std::size_t kNameBytes = 12;
/// How often a write is decided again because others were first.
constexpr int kTriesMax = 100;

struct KeyInForce {
  std::uint64_t turn = 0;  ///< from 1; the first of a turn counts, and of several turns the last
  std::string key_id;
  static constexpr std::string_view required[] = {"turn", "key_id"};
};
BOOST_DESCRIBE_STRUCT(KeyInForce, (), (turn, key_id))

/// "<name of the slot's file>.<turn>.<drawn>": nobody else writes under it.
std::string name_of_record(const Slot& slot, std::uint64_t turn) {
  return file_name_of(slot) + "." + std::to_string(turn) + "." + to_hex(random_bytes(kNameBytes));
}

/// The turn that a name says; 0 when it is no name of a record of the slot.
std::uint64_t turn_of(const Slot& slot, std::string_view name) {
  const auto begin = file_name_of(slot) + ".";
  if (name.substr(0, begin.size()) != begin) return 0;
  const auto rest = name.substr(begin.size());
  std::uint64_t turn = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), turn);
  return error == std::errc{} && end != rest.data() + rest.size() && *end == '.' ? turn : 0;
}

void say_foreign(std::string_view name) {
  logging::write(logging::Level::error, "a record among the shared secrets is none of ours; it is passed over",
                 {{"name", to_valid_utf8(std::string(name))}});
}

}  // namespace

SharedSlots::SharedSlots(std::vector<Key> keys, std::size_t bytes_max) : bytes_max_(bytes_max) {
  if (!keys.empty()) first_key_ = keys.front().id();
  for (auto& key : keys) {
    auto id = key.id();
    keys_.emplace(std::move(id), std::move(key));
  }
}

SharedSlots::~SharedSlots() {
  medium_.reset();
}

Result<std::unique_ptr<SharedSlots>> SharedSlots::open(std::unique_ptr<Medium> medium, std::vector<Key> keys,
                                                       std::size_t bytes_max) {
  std::unique_ptr<SharedSlots> slots(new SharedSlots(std::move(keys), bytes_max));
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
  if (name.substr(0, kKeyPrefix.size()) == kKeyPrefix) return take_key(name, bytes);
  const auto changed = bytes ? take_value(name, *bytes) : take_deletion(name);
  if (!changed) return;
  const std::lock_guard lock(telling_);
  if (observer_) observer_(*changed);
}

void SharedSlots::take_key(std::string_view name, std::optional<std::string_view> bytes) {
  const auto said = from_json<KeyInForce>(bytes.value_or(std::string_view()), ReadMode::lenient);
  if (!said || said.value().key_id.empty()) return say_foreign(name);
  const std::unique_lock lock(mutex_);
  if (said.value().turn <= key_turn_) return;
  key_turn_ = said.value().turn;
  key_id_ = said.value().key_id;
  if (!keys_.empty() && keys_.count(key_id_) == 0)
    logging::write(logging::Level::error, "the shared secrets are under a key that this node was not given",
                   {{"key_id", key_id_}, {"given", first_key_}});
}

std::optional<Slot> SharedSlots::take_value(std::string_view name, std::string_view bytes) {
  auto info = read_info(bytes);
  const auto turn = info ? turn_of(info->slot, name) : 0;
  const std::unique_lock lock(mutex_);
  // A name is written once.
  if (turn == 0 || names_.count(name) > 0) {
    say_foreign(name);
    return std::nullopt;
  }
  const auto slot = info->slot;
  bytes_ += bytes.size();
  names_.emplace(name, slot);
  slots_[slot].push_back({std::string(name), turn, std::move(*info), std::string(bytes)});
  return slot;
}

std::optional<Slot> SharedSlots::take_deletion(std::string_view name) {
  const std::unique_lock lock(mutex_);
  const auto named = names_.find(name);
  if (named == names_.end()) return std::nullopt;
  const auto slot = std::move(named->second);
  names_.erase(named);
  auto& records = slots_.at(slot);
  const auto record =
      std::find_if(records.begin(), records.end(), [&](const Record& each) { return each.name == name; });
  bytes_ -= record->bytes.size();
  records.erase(record);
  if (records.empty()) slots_.erase(slot);
  return slot;
}

const SharedSlots::Record& SharedSlots::current(const Records& records) {
  // Of equals it is the first.
  return *std::max_element(records.begin(), records.end(),
                           [](const Record& one, const Record& other) { return one.turn < other.turn; });
}

const SharedSlots::Record* SharedSlots::find_record(const Slot& slot) const {
  const auto found = slots_.find(slot);
  return found == slots_.end() ? nullptr : &current(found->second);
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

Result<void> SharedSlots::check_room(std::string_view value) const {
  if (bytes_ + value.size() <= bytes_max_) return success();
  return conflict("secrets.full", "the nodes share as many bytes of secrets as they may: remove some");
}

/// Behind it a key is in force, and what is decided next is decided on all that was written by now.
Result<void> SharedSlots::ensure_key() {
  HUB_TRY(medium_->catch_up());
  {
    const std::shared_lock lock(mutex_);
    HUB_TRY(key_to_write_with());
    if (!key_id_.empty()) return success();
  }
  return set_key(first_key_);
}

Result<void> SharedSlots::set_key(const std::string& id) {
  KeyInForce wanted;
  wanted.key_id = id;
  {
    const std::shared_lock lock(mutex_);
    wanted.turn = key_turn_ + 1;
  }
  return medium_->write({{std::string(kKeyPrefix) + to_hex(random_bytes(kNameBytes)), to_json(wanted)}});
}

Result<SlotInfo> SharedSlots::put(const Slot& slot, std::string_view value, Instant now) {
  for (int n = 1;; ++n) {
    auto written = write(slot, std::nullopt, value, now);
    if (written || written.error().code != "secrets.changed" || n == kTriesMax) return written;
  }
}

Result<SlotInfo> SharedSlots::put_if(std::int64_t version, const Slot& slot, std::string_view value, Instant now) {
  return write(slot, version, value, now);
}

Result<SlotInfo> SharedSlots::write(const Slot& slot, std::optional<std::int64_t> version, std::string_view value,
                                    Instant now) {
  HUB_ASSERT(value.size() <= kValueSizeMax);
  HUB_TRY(ensure_key());
  SlotInfo info;
  Medium::Changes changes;
  {
    const std::shared_lock lock(mutex_);
    const auto* before = find_record(slot);
    if (version && *version != (before == nullptr ? 0 : before->info.version)) return changed_meanwhile();
    HUB_TRY(const auto* key, key_to_write_with());
    HUB_TRY(check_room(value));
    info = written_again(slot, before == nullptr ? nullptr : &before->info, now);
    changes.push_back(
        {name_of_record(slot, before == nullptr ? 1 : before->turn + 1), encode_secret_file(info, value, *key)});
    // None of them counts any more behind this record, or behind the one of whoever was first.
    add_deletions(slot, true, changes);
  }
  const auto name = changes.front().name;
  HUB_TRY(medium_->write(std::move(changes)));
  const std::shared_lock lock(mutex_);
  const auto* now_there = find_record(slot);
  if (now_there != nullptr && now_there->name == name) return info;
  return changed_meanwhile();
}

void SharedSlots::add_deletions(const Slot& slot, bool also_current, Medium::Changes& changes) const {
  const auto found = slots_.find(slot);
  if (found == slots_.end()) return;
  const auto& counts = current(found->second);
  for (const auto& record : found->second)
    if (also_current || record.name != counts.name) changes.push_back({record.name, std::nullopt});
}

Result<void> SharedSlots::drop_earlier(const Slot& slot) {
  HUB_TRY(medium_->catch_up());
  Medium::Changes changes;
  {
    const std::shared_lock lock(mutex_);
    add_deletions(slot, false, changes);
  }
  if (changes.empty()) return success();
  return medium_->write(std::move(changes));
}

Result<SecretBytes> SharedSlots::get(const Slot& slot) const {
  const std::shared_lock lock(mutex_);
  const auto* found = find_record(slot);
  if (found == nullptr) return unknown_secret();
  if (keys_.empty()) return no_key();
  const auto key_id = read_key_id(found->bytes);
  const auto key = keys_.find(key_id);
  if (key == keys_.end()) return other_key(key_id);
  return decode_secret_file(found->bytes, slot, key->second);
}

Result<void> SharedSlots::remove(const Slot& slot) {
  HUB_TRY(medium_->catch_up());
  Medium::Changes changes;
  {
    const std::shared_lock lock(mutex_);
    if (find_record(slot) == nullptr) return unknown_secret();
    add_deletions(slot, true, changes);
  }
  return medium_->write(std::move(changes));
}

std::vector<SlotInfo> SharedSlots::list(std::string_view kind, std::string_view organisation,
                                        std::string_view project) const {
  const std::shared_lock lock(mutex_);
  return infos_in(slots_, kind, organisation, project, [](const Records& records) { return current(records).info; });
}

std::vector<SlotInfo> SharedSlots::all() const {
  const std::shared_lock lock(mutex_);
  std::vector<SlotInfo> found;
  for (const auto& [slot, records] : slots_) found.push_back(current(records).info);
  return found;
}

std::optional<SlotInfo> SharedSlots::find(const Slot& slot) const {
  const std::shared_lock lock(mutex_);
  const auto* found = find_record(slot);
  return found == nullptr ? std::nullopt : std::optional(found->info);
}

Result<void> SharedSlots::refresh() const {
  return medium_->catch_up();
}

void SharedSlots::observe(Observer observer) {
  const std::lock_guard lock(telling_);
  observer_ = std::move(observer);
}

Result<void> SharedSlots::rotate(const Key& next) {
  HUB_TRY(ensure_key());
  {
    const std::unique_lock lock(mutex_);
    HUB_TRY(const auto* key, key_to_write_with());
    if (key->id() == next.id()) return conflict("secrets.same_key", "the new key is the one in force");
    // What cannot be read now could not be read under the new key either.
    HUB_TRY(re_encrypted(next));
    keys_.emplace(next.id(), next.clone());
  }
  HUB_TRY(set_key(next.id()));
  if (key_id() != next.id()) return changed_meanwhile();
  // From here on nobody who reads this writes under the old key; what was under way comes until then.
  HUB_TRY(medium_->settle());
  for (int n = 0; n < kTriesMax; ++n) {
    HUB_TRY(const auto count, encrypt_under(next));
    if (count == 0) return success();
  }
  return changed_meanwhile();
}

/// Answers how many records there were to write and to delete.
Result<std::size_t> SharedSlots::encrypt_under(const Key& next) {
  HUB_TRY(medium_->catch_up());
  Medium::Changes changes;
  {
    const std::shared_lock lock(mutex_);
    HUB_TRY(changes, re_encrypted(next));
  }
  const auto count = changes.size();
  if (count > 0) {
    HUB_TRY(medium_->write(std::move(changes)));
  }
  return count;
}

Result<Medium::Changes> SharedSlots::re_encrypted(const Key& next) const {
  Medium::Changes changes;
  std::size_t unreadable = 0;
  for (const auto& [slot, records] : slots_) {
    const auto& record = current(records);
    const auto key_id = read_key_id(record.bytes);
    const bool is_done = key_id == next.id();
    if (!is_done) {
      const auto key = keys_.find(key_id);
      const auto plain = key == keys_.end() ? Result<SecretBytes>(other_key(key_id))
                                            : decode_secret_file(record.bytes, slot, key->second);
      if (plain)
        changes.push_back(
            {name_of_record(slot, record.turn + 1), encode_secret_file(record.info, plain.value().view(), next)});
      else
        ++unreadable;
    }
    add_deletions(slot, !is_done, changes);
  }
  if (unreadable == 0) return changes;
  return internal_failure("secrets.tampered",
                          std::to_string(unreadable) + " stored values are damaged; nothing was re-encrypted");
}

}  // namespace hub::secrets
