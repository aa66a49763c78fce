#include "gateway/server/public_key_file.hpp"

#include <fstream>

namespace hub::server {
namespace {

Result<void> write(const std::filesystem::path& file, const log::PublicKey& key) {
  std::ofstream out(file, std::ios::trunc);
  out << key.pem();
  if (!out.flush()) return unavailable("data.unusable", "the public key cannot be written beside the log");
  return success();
}

bool has_records(log::Log& log) {
  for (PartitionId partition = 0; partition < log.partitions(); ++partition)
    if (log.head(partition).seq > 0) return true;
  return false;
}

Failure key_is_lost(const DataFolder& folder) {
  return not_found("key.absent",
                   "the record is signed, and its key is not in " + folder.keys().string() +
                       ": put that folder back from where it was kept (backup --with-keys has it). Without the key the "
                       "record can still be verified, replayed and served with --read-only, and nothing can be added "
                       "to it: go on in a new folder");
}

}  // namespace

Result<log::Signer> open_signer(const DataFolder& folder, log::Log& log) {
  const auto file = folder.log() / kPublicKeyFile;
  std::error_code error;
  const bool is_signed = std::filesystem::exists(file, error);
  // The key is made before the first record: where there are records, there was a key.
  if ((is_signed || has_records(log)) && !std::filesystem::exists(folder.keys() / log::kSigningKeyFile, error))
    return key_is_lost(folder);
  HUB_TRY(auto signer, log::Signer::open(folder.keys()));
  if (!is_signed) {
    HUB_TRY(write(file, signer.public_key()));
    return signer;
  }
  HUB_TRY(const auto kept, log::PublicKey::load(file));
  if (kept.id() != signer.public_key().id())
    return conflict("key.other", "the record is signed by key " + kept.id() + "; the one in " + folder.keys().string() +
                                     " is " + signer.public_key().id());
  return signer;
}

}  // namespace hub::server
