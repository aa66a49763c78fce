#include "adapters/secrets/key_file.hpp"

namespace hub::secrets {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKeyFileSizeMax = 4'096;

fs::path dev_key_file(const fs::path& keys_folder) {
  return keys_folder / "encryption-key";
}
/// Holds the key that a rotation is going to, until it is in force.
fs::path next_key_file(const fs::path& keys_folder) {
  return keys_folder / "encryption-key.next";
}

Result<Key> read_key(const fs::path& file) {
  HUB_TRY(auto text, read_file(file, kKeyFileSizeMax));
  auto key = parse_key(text);
  wipe(text);
  return key;
}

Result<void> write_key(const fs::path& file, const Key& key) {
  auto text = to_hex_text(key) + "\n";
  auto written = write_durably(file, text);
  wipe(text);
  return written;
}

/// Ends what a rotation has left half done: the next key takes its place when the secrets are under it already.
Result<void> settle(const fs::path& keys_folder) {
  auto next = read_key(next_key_file(keys_folder));
  if (!next && next.error().kind == FailureKind::not_found) return success();
  HUB_TRY(const auto stored, stored_key_id(secrets_folder(keys_folder)));
  if (next && next.value().id() == stored) {
    HUB_TRY(write_key(dev_key_file(keys_folder), next.value()));
  }
  return destroy(next_key_file(keys_folder));
}

Result<Key> load_dev_key(const fs::path& keys_folder) {
  HUB_TRY(make_private_folder(keys_folder));
  HUB_TRY(settle(keys_folder));
  auto key = read_key(dev_key_file(keys_folder));
  if (key || key.error().kind != FailureKind::not_found) return key;
  auto made = Key::generate();
  HUB_TRY(write_key(dev_key_file(keys_folder), made));
  return made;
}

}  // namespace

Result<std::optional<Key>> load_key(const KeySource& source) {
  if (!source.text.empty() && !source.file.empty())
    return invalid("secrets.key_twice", "the encryption key is given as text and as a file");
  if (source.text.empty() && source.file.empty() && !source.dev) return std::optional<Key>();
  auto key = !source.text.empty()   ? parse_key(source.text)
             : !source.file.empty() ? read_key(source.file)
                                    : load_dev_key(source.keys_folder);
  if (!key) return std::move(key).error();
  return std::optional<Key>(std::move(key).value());
}

fs::path secrets_folder(const fs::path& keys_folder) {
  return keys_folder / "secrets";
}

Result<void> rotate_dev_key(SlotStore& store, const fs::path& keys_folder) {
  const auto next = Key::generate();
  HUB_TRY(write_key(next_key_file(keys_folder), next));
  HUB_TRY(store.rotate(next));
  return settle(keys_folder);
}

}  // namespace hub::secrets
