#include "gateway/server/public_key_file.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace hub::server {
namespace {

bool write_file(const std::string& file, std::string_view text) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) return false;
  const bool written =
      ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(descriptor) == 0;
  return ::close(descriptor) == 0 && written;
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

Result<void> write_public_keys(const DataFolder& folder, const log::PublicKeys& keys) {
  const auto file = folder.log() / kPublicKeyFile;
  const auto draft = file.string() + ".new";
  std::error_code error;
  const bool written = write_file(draft, keys.pem());
  if (written) std::filesystem::rename(draft, file, error);
  if (!written || error) return unavailable("data.unusable", "the public keys cannot be written beside the log");
  return success();
}

Result<log::Signer> open_signer(const DataFolder& folder, log::Log& log) {
  return open_signer_of(folder, has_records(log));
}

Result<log::Signer> open_signer_of(const DataFolder& folder, bool has_records) {
  const auto file = folder.log() / kPublicKeyFile;
  std::error_code error;
  const bool is_signed = std::filesystem::exists(file, error);
  // The key is made before the first record: where there are records, there was a key.
  if ((is_signed || has_records) && !std::filesystem::exists(folder.keys() / log::kSigningKeyFile, error))
    return key_is_lost(folder);
  HUB_TRY(auto signer, log::Signer::open(folder.keys()));
  if (!is_signed) {
    HUB_TRY(write_public_keys(folder, signer.public_key()));
    return signer;
  }
  HUB_TRY(const auto kept, log::PublicKeys::load(file));
  if (kept.find(signer.public_key().id()) == nullptr)
    return conflict("key.other", "the record is signed by key " + kept.ids() + "; the one in " +
                                     folder.keys().string() + " is " + signer.public_key().id());
  return signer;
}

}  // namespace hub::server
