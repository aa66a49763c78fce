#include "adapters/secrets/sealer.hpp"

#include <charconv>
#include <mutex>

#include "events/core/digest.hpp"
#include "events/core/varint.hpp"

namespace hub::secrets {
namespace {

constexpr std::string_view kDataKey = "data-key";

bool is_subject(std::string_view subject) {
  if (subject.empty() || subject.size() > kSubjectSizeMax) return false;
  for (const char c : subject) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!plain) return false;
  }
  return true;
}

Slot slot_of(std::string_view subject) {
  return {std::string(kDataKey), "", std::string(subject), "ring"};
}

std::string key_id_of(std::string_view subject, std::uint64_t number) {
  return std::string(subject) + "." + std::to_string(number);
}

/// What is bound to a sealed text besides the text.
std::string bound(std::string_view key_id, std::string_view associated) {
  std::string all;
  append_sized(all, key_id);
  append_sized(all, associated);
  return all;
}

struct SealedParts {
  std::string_view key_id, subject, text;
  std::uint64_t number = 0;
};

std::optional<SealedParts> split(std::string_view sealed) {
  SealedParts parts;
  const auto colon = sealed.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  parts.key_id = sealed.substr(0, colon);
  parts.text = sealed.substr(colon + 1);
  const auto dot = parts.key_id.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  parts.subject = parts.key_id.substr(0, dot);
  const auto digits = parts.key_id.substr(dot + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parts.number);
  const bool whole = error == std::errc{} && end == digits.data() + digits.size();
  if (!whole || parts.number == 0 || !is_subject(parts.subject)) return std::nullopt;
  return parts;
}

Failure malformed_text() {
  return malformed("sealed.malformed", "not a sealed text");
}
Failure unknown_key() {
  return not_found("sealed.unknown_key", "the key of a sealed text is not here");
}
Failure erased() {
  return {FailureKind::gone, "sealed.erased", "the key of this text was destroyed; it can never be read again", {}, 0};
}

}  // namespace

Sealer::Sealer(Slots& store) : store_(store) {
  store_.observe([this](const Slot& slot) { forget(slot); });
}
Sealer::~Sealer() {
  store_.observe({});
}

std::optional<Result<std::string>> Sealer::seal_at_once(std::string_view subject, std::string_view plain,
                                                       std::string_view associated) {
  if (!is_subject(subject)) return Result<std::string>(invalid("sealed.subject", "a subject is an id"));
  if (plain.size() > kSealedSizeMax)
    return Result<std::string>(
        Failure{FailureKind::too_large, "sealed.too_large", "a sealed value is at most 4 MiB", {}, 0});
  const std::shared_lock lock(mutex_);
  const auto* ring = cached(subject);
  if (ring == nullptr || !ring->key) return std::nullopt;
  auto key_id = key_id_of(subject, ring->number);
  return Result<std::string>(key_id + ":" + to_base64(encrypt(*ring->key, plain, bound(key_id, associated))));
}

Result<std::string> Sealer::seal(std::string_view subject, std::string_view plain, std::string_view associated) {
  for (;;) {
    if (auto sealed = seal_at_once(subject, plain, associated)) return std::move(*sealed);
    HUB_TRY(make_key(subject));
  }
}

Result<SecretBytes> Sealer::open(std::string_view sealed, std::string_view associated) {
  const auto parts = split(sealed);
  if (!parts) return malformed_text();
  auto bytes = from_base64(parts->text);
  if (!bytes) return malformed_text();
  HUB_TRY(ensure_cached(parts->subject, parts->number));
  const std::shared_lock lock(mutex_);
  const auto* ring = cached(parts->subject);
  if (ring == nullptr || parts->number > ring->number) return unknown_key();
  if (parts->number < ring->number || !ring->key) return erased();
  SecretBytes plain;
  if (!decrypt(*ring->key, bytes.value(), bound(parts->key_id, associated), plain))
    return internal_failure("sealed.tampered", "a sealed text is damaged, or stands where it does not belong");
  return plain;
}

Result<std::string> Sealer::erase(std::string_view subject) {
  if (!is_subject(subject)) return invalid("sealed.subject", "a subject is an id");
  HUB_TRY(store_.refresh());
  for (;;) {
    HUB_TRY(const auto looked, look(subject));
    if (looked.number == 0) return std::string();
    if (looked.is_there) {
      const auto done = replace(subject, looked, Ring{looked.number, std::nullopt});
      if (!done && done.error().code == "secrets.changed") continue;
      if (!done) return done.error();
    }
    // Also when an erasure before was interrupted behind its first half.
    HUB_TRY(store_.drop_earlier(slot_of(subject)));
    return key_id_of(subject, looked.number);
  }
}

const Sealer::Ring* Sealer::cached(std::string_view subject) const {
  const auto found = rings_.find(subject);
  return found == rings_.end() ? nullptr : &found->second;
}

Result<void> Sealer::ensure_cached(std::string_view subject, std::uint64_t number) {
  const auto knows = [&] {
    const auto* ring = cached(subject);
    return ring != nullptr && ring->number >= number;
  };
  {
    const std::shared_lock lock(mutex_);
    if (knows()) return success();
  }
  {
    const std::unique_lock lock(mutex_);
    HUB_TRY(load(subject));
    if (knows()) return success();
  }
  // Another node may have made the key a moment ago.
  HUB_TRY(store_.refresh());
  const std::unique_lock lock(mutex_);
  HUB_TRY(load(subject));
  return success();
}

Result<const Sealer::Ring*> Sealer::load(std::string_view subject) {
  if (const auto* ring = cached(subject)) return ring;
  auto stored = store_.get(slot_of(subject));
  if (!stored && stored.error().code == "secrets.unknown") return static_cast<const Ring*>(nullptr);
  if (!stored) return std::move(stored).error();
  auto bytes = stored.value().view();
  Ring ring;
  const bool good = take_varint(bytes, ring.number) && (bytes.empty() || bytes.size() == kKeySize);
  if (!good) return internal_failure("secrets.tampered", "a stored data key is damaged");
  if (!bytes.empty()) ring.key = Key::of(bytes);
  return &rings_.insert_or_assign(std::string(subject), std::move(ring)).first->second;
}

Result<Sealer::Looked> Sealer::look(std::string_view subject) {
  Looked looked;
  // The version first: when the value changes in between, replace() finds another one.
  if (const auto info = store_.find(slot_of(subject))) looked.version = info->version;
  const std::unique_lock lock(mutex_);
  HUB_TRY(const auto* ring, load(subject));
  if (ring != nullptr) looked.number = ring->number, looked.is_there = ring->key.has_value();
  return looked;
}

Result<void> Sealer::make_key(std::string_view subject) {
  HUB_TRY(const auto looked, look(subject));
  if (looked.is_there) return success();
  const auto made = replace(subject, looked, Ring{looked.number + 1, Key::generate()});
  // Whoever was first has made the one that counts.
  if (!made && made.error().code == "secrets.changed") return success();
  return made;
}

Result<void> Sealer::replace(std::string_view subject, const Looked& looked, const Ring& ring) {
  std::string value;
  append_varint(value, ring.number);
  if (ring.key) value += ring.key->bytes();
  // No lock is held: it may take as long as the store's medium does, and others go on opening.
  const auto stored = store_.put_if(looked.version, slot_of(subject), value, wall_now());
  wipe(value);
  if (!stored) return stored.error();
  return success();
}

void Sealer::forget(const Slot& slot) {
  if (slot.kind != kDataKey) return;
  // Behind it nothing is opened with a key that was replaced: load() reads the store under this lock.
  const std::unique_lock lock(mutex_);
  if (const auto found = rings_.find(slot.project); found != rings_.end()) rings_.erase(found);
}

}  // namespace hub::secrets
