#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/secrets/cipher.hpp"
#include "events/core/instant.hpp"

namespace hub::secrets {

/// Which value it is. Kept in plain text beside the ciphertext, and bound to it.
struct Slot {
  std::string kind;  ///< "secret" | "data-key"
  std::string organisation;
  std::string project;
  std::string name;
  auto operator<=>(const Slot&) const = default;
};
BOOST_DESCRIBE_STRUCT(Slot, (), (kind, organisation, project, name))

/// What may be known of a value without its key.
struct SlotInfo {
  Slot slot;
  std::int64_t version = 0;  ///< counts the writes, from 1
  Instant created_at;
  Instant updated_at;
  bool operator==(const SlotInfo&) const = default;
};
BOOST_DESCRIBE_STRUCT(SlotInfo, (), (slot, version, created_at, updated_at))

/// 64 hexadecimal digits: no name of a user's becomes a path.
std::string file_name_of(const Slot& slot);

/// The bytes of a file: a magic line, `info` as JSON, the key's id, nonce and ciphertext. All before the nonce is bound
/// to the ciphertext.
std::string encode_secret_file(const SlotInfo& info, std::string_view plain, const Key& key);
/// None when the bytes are no such file.
std::optional<SlotInfo> read_info(std::string_view bytes);
/// Id of the key that the value is under, as the file names it; empty when the bytes are no such file.
std::string read_key_id(std::string_view bytes);
/// Fails: internal `secrets.tampered` when anything was changed, or the file is that of another slot or key.
Result<SecretBytes> decode_secret_file(std::string_view bytes, const Slot& expected, const Key& key);

}  // namespace hub::secrets
