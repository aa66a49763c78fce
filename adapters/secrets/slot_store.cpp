#include "adapters/secrets/slot_store.hpp"

#include <algorithm>
#include <mutex>

#include "events/core/json_codec.hpp"

namespace hub::secrets {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileSizeMax = kValueSizeMax + 4'096;
constexpr std::size_t kCurrentSizeMax = 4'096;
constexpr std::string_view kCurrent = "current";
constexpr std::string_view kLock = "lock";
constexpr char kGenerationPrefix = 'g';

/// Content of FOLDER/current.
struct Current {
  std::uint64_t generation = 0;
  std::string key_id;
};
BOOST_DESCRIBE_STRUCT(Current, (), (generation, key_id))

Failure wrong_key(std::string_view stored, std::string_view given) {
  return conflict("secrets.wrong_key",
                  "the secrets are kept under key " + std::string(stored) + "; the given one is " + std::string(given));
}

/// None when nothing was ever stored.
Result<std::optional<Current>> read_current(const fs::path& folder) {
  auto bytes = read_file(folder / kCurrent, kCurrentSizeMax);
  if (!bytes && bytes.error().kind == FailureKind::not_found) return std::optional<Current>();
  if (!bytes) return std::move(bytes).error();
  auto current = from_json<Current>(bytes.value(), ReadMode::lenient);
  if (!current || current.value().generation == 0 || current.value().key_id.empty())
    return internal_failure("secrets.tampered", "the file that names the key of the secrets is damaged");
  return std::optional<Current>(std::move(current).value());
}

fs::path generation_folder(const fs::path& folder, std::uint64_t generation) {
  return folder / (kGenerationPrefix + std::to_string(generation));
}

}  // namespace

Result<std::string> stored_key_id(const fs::path& folder) {
  HUB_TRY(auto current, read_current(folder));
  return current ? current->key_id : std::string();
}

SlotStore::SlotStore(fs::path folder, std::optional<Key> key, OnStep on_step, File lock)
    : folder_(std::move(folder)), on_step_(std::move(on_step)), lock_(std::move(lock)), key_(std::move(key)) {}

Result<std::unique_ptr<SlotStore>> SlotStore::open(const fs::path& folder, std::optional<Key> key, OnStep on_step) {
  HUB_TRY(make_private_folder(folder));
  HUB_TRY(auto lock, lock_file(folder / kLock));
  std::unique_ptr<SlotStore> store(new SlotStore(folder, std::move(key), std::move(on_step), std::move(lock)));
  HUB_TRY(store->load());
  return store;
}

Result<void> SlotStore::load() {
  HUB_TRY(load_current());
  HUB_TRY(clean());
  HUB_TRY(make_private_folder(values()));
  return load_values();
}

Result<void> SlotStore::load_current() {
  HUB_TRY(auto current, read_current(folder_));
  if (!current) return success();
  if (key_ && key_->id() != current->key_id) return wrong_key(current->key_id, key_->id());
  generation_ = current->generation;
  key_id_ = current->key_id;
  return success();
}

Result<void> SlotStore::clean() {
  // Whatever is not in force is what an interrupted rotation or write has left.
  HUB_TRY(const auto entries, entries_of(folder_));
  for (const auto& entry : entries) {
    const auto name = entry.filename().string();
    if (name.front() == kGenerationPrefix && entry != values()) {
      HUB_TRY(destroy_folder(entry));
    } else if (entry.extension() == ".tmp") {
      HUB_TRY(destroy(entry));
    }
  }
  return success();
}

Result<void> SlotStore::load_values() {
  HUB_TRY(const auto entries, entries_of(values()));
  for (const auto& entry : entries) {
    if (entry.extension() == ".tmp") {
      HUB_TRY(destroy(entry));
      continue;
    }
    HUB_TRY(const auto bytes, read_file(entry, kFileSizeMax));
    auto info = read_info(bytes);
    // One that cannot be read has no name to list; whoever asks for it by name is told.
    if (info && file_name_of(info->slot) == entry.filename()) infos_[info->slot] = std::move(*info);
  }
  return success();
}

bool SlotStore::has_key() const {
  const std::shared_lock lock(mutex_);
  return key_.has_value();
}

std::string SlotStore::key_id() const {
  const std::shared_lock lock(mutex_);
  return key_id_;
}

Result<SlotInfo> SlotStore::put(const Slot& slot, std::string_view value, Instant now) {
  auto written = [&]() -> Result<SlotInfo> {
    const std::unique_lock lock(mutex_);
    const auto before = infos_.find(slot);
    return write(slot, before == infos_.end() ? nullptr : &before->second, value, now);
  }();
  if (written) tell(slot);
  return written;
}

Result<SlotInfo> SlotStore::put_if(std::int64_t version, const Slot& slot, std::string_view value, Instant now) {
  auto written = [&]() -> Result<SlotInfo> {
    const std::unique_lock lock(mutex_);
    const auto before = infos_.find(slot);
    const auto* info = before == infos_.end() ? nullptr : &before->second;
    if (version != (info == nullptr ? 0 : info->version)) return changed_meanwhile();
    return write(slot, info, value, now);
  }();
  if (written) tell(slot);
  return written;
}

Result<SlotInfo> SlotStore::write(const Slot& slot, const SlotInfo* before, std::string_view value, Instant now) {
  HUB_ASSERT(value.size() <= kValueSizeMax);
  if (!key_) return no_key();
  // First the name of the key, so that no value is ever there without it.
  if (key_id_.empty()) {
    HUB_TRY(write_current(generation_, key_->id()));
  }
  const auto info = written_again(slot, before, now);
  HUB_TRY(write_durably(file_of(slot), encode_secret_file(info, value, *key_)));
  infos_[slot] = info;
  return info;
}

Result<SecretBytes> SlotStore::get(const Slot& slot) const {
  const std::shared_lock lock(mutex_);
  auto bytes = read_file(file_of(slot), kFileSizeMax);
  if (!bytes && bytes.error().kind == FailureKind::not_found) return unknown_secret();
  if (!key_) return no_key();
  if (!bytes) return std::move(bytes).error();
  return decode_secret_file(bytes.value(), slot, *key_);
}

Result<void> SlotStore::remove(const Slot& slot) {
  {
    const std::unique_lock lock(mutex_);
    std::error_code error;
    if (!fs::exists(file_of(slot), error)) return unknown_secret();
    HUB_TRY(destroy(file_of(slot)));
    infos_.erase(slot);
  }
  tell(slot);
  return success();
}

std::vector<SlotInfo> SlotStore::list(std::string_view kind, std::string_view organisation,
                                      std::string_view project) const {
  const std::shared_lock lock(mutex_);
  return infos_in(infos_, kind, organisation, project, [](const SlotInfo& info) { return info; });
}

std::vector<SlotInfo> SlotStore::all() const {
  const std::shared_lock lock(mutex_);
  std::vector<SlotInfo> found;
  for (const auto& [slot, info] : infos_) found.push_back(info);
  return found;
}

std::optional<SlotInfo> SlotStore::find(const Slot& slot) const {
  const std::shared_lock lock(mutex_);
  const auto found = infos_.find(slot);
  return found == infos_.end() ? std::nullopt : std::optional(found->second);
}

Result<void> SlotStore::refresh() const {
  return success();
}

Result<void> SlotStore::drop_earlier(const Slot&) {
  // A file is replaced whole, and load() takes away what an interrupted write has left.
  return success();
}

void SlotStore::observe(Observer observer) {
  const std::lock_guard lock(telling_);
  observer_ = std::move(observer);
}

void SlotStore::tell(const Slot& slot) const {
  const std::lock_guard lock(telling_);
  if (observer_) observer_(slot);
}

Result<void> SlotStore::rotate(const Key& next) {
  const std::unique_lock lock(mutex_);
  if (!key_) return no_key();
  if (next.id() == key_->id()) return conflict("secrets.same_key", "the new key is the one in force");
  const auto from = values(), to = generation_folder(folder_, generation_ + 1);
  HUB_TRY(destroy_folder(to));
  HUB_TRY(make_private_folder(to));
  step("rotate.folder_made");
  auto done = write_generation(to, next);
  if (done) done = write_current(generation_ + 1, next.id());
  if (!done) {
    HUB_TRY(destroy_folder(to));
    return done;
  }
  step("rotate.replaced");
  key_ = next.clone();
  generation_ += 1;
  HUB_TRY(destroy_folder(from));
  step("rotate.old_destroyed");
  return success();
}

Result<void> SlotStore::write_generation(const fs::path& target, const Key& next) {
  std::size_t unreadable = 0;
  HUB_TRY(const auto entries, entries_of(values()));
  for (const auto& entry : entries) {
    HUB_TRY(const auto bytes, read_file(entry, kFileSizeMax));
    const auto info = read_info(bytes);
    const bool in_place = info && file_name_of(info->slot) == entry.filename();
    auto plain = decode_secret_file(bytes, in_place ? info->slot : Slot{}, *key_);
    if (!plain) {
      ++unreadable;
      continue;
    }
    HUB_TRY(write_durably(target / entry.filename(), encode_secret_file(*info, plain.value().view(), next)));
    step("rotate.value_written");
  }
  if (unreadable == 0) return success();
  return internal_failure("secrets.tampered",
                          std::to_string(unreadable) + " stored values are damaged; nothing was re-encrypted");
}

Result<void> SlotStore::write_current(std::uint64_t generation, const std::string& key_id) {
  HUB_TRY(write_durably(folder_ / kCurrent, to_json(Current{generation, key_id}) + "\n"));
  key_id_ = key_id;
  return success();
}

fs::path SlotStore::values() const {
  return generation_folder(folder_, generation_);
}
fs::path SlotStore::file_of(const Slot& slot) const {
  return values() / file_name_of(slot);
}

void SlotStore::step(std::string_view name) const {
  if (on_step_) on_step_(name);
}

}  // namespace hub::secrets
