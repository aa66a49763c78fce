#include "events/log/signing.hpp"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

#include "events/core/digest.hpp"

namespace hub::log {
namespace {

using KeyPtr = std::shared_ptr<EVP_PKEY>;
constexpr std::size_t kSignatureSize = 64;
/// No key is longer; a wrong path to a big file is refused without reading it.
constexpr std::size_t kPemBytesMax = 4'096;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using ContextPtr = std::unique_ptr<EVP_MD_CTX, FreeContext>;

KeyPtr own(EVP_PKEY* key) {
  return {key, EVP_PKEY_free};
}
const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

KeyPtr new_key() {
  auto key = own(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  HUB_ASSERT(key);
  return key;
}

std::string contents(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string private_pem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  HUB_ASSERT(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return contents(bio.get());
}

Failure bad_key() {
  return malformed("key.invalid", "not an Ed25519 key in PEM");
}

Result<KeyPtr> checked(KeyPtr key) {
  if (!key || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) return bad_key();
  return key;
}

Result<std::string> read_pem(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return not_found("key.absent", "there is no such key");
  std::string pem(kPemBytesMax + 1, '\0');
  in.read(pem.data(), static_cast<std::streamsize>(pem.size()));
  pem.resize(static_cast<std::size_t>(in.gcount()));
  if (pem.size() > kPemBytesMax) return bad_key();
  return pem;
}

Failure cannot(const char* what) {
  return unavailable("key.unavailable", std::string("the key cannot be ") + what + ": " + std::strerror(errno));
}

/// Whole or not at all: under another name first, durable before it gets its own.
Result<void> write_secret(const std::filesystem::path& file, const std::string& text) {
  const auto draft = file.string() + ".new";
  const int descriptor = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return cannot("written");
  const bool written =
      write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(descriptor) == 0;
  if (close(descriptor) != 0 || !written) return cannot("written");
  if (rename(draft.c_str(), file.c_str()) != 0) return cannot("written");
  return success();
}

/// The key in `file`; nothing when there is no such file.
Result<std::optional<KeyPtr>> load_private(const std::filesystem::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::optional<KeyPtr>();
    return cannot("read");
  }
  if ((status.st_mode & 077U) != 0) return forbidden("key.permissions", "others may read the file of the key");
  HUB_TRY(const auto pem, read_pem(file));
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // The empty pass phrase keeps OpenSSL from asking at the terminal.
  HUB_TRY(auto key, checked(own(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, const_cast<char*>("")))));
  return std::optional<KeyPtr>(std::move(key));
}

}  // namespace

PublicKey::PublicKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {
  std::array<unsigned char, 32> raw{};
  auto size = raw.size();
  HUB_ASSERT(EVP_PKEY_get_raw_public_key(key_.get(), raw.data(), &size) == 1 && size == raw.size());
  id_ = to_hex(sha256(as_bytes(raw))).substr(0, 16);
}

Result<PublicKey> PublicKey::parse(std::string_view pem) {
  if (pem.size() > kPemBytesMax) return bad_key();
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  HUB_TRY(auto key, checked(own(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr))));
  return PublicKey(std::move(key));
}

Result<PublicKey> PublicKey::load(const std::filesystem::path& file) {
  HUB_TRY(const auto pem, read_pem(file));
  return parse(pem);
}

std::string PublicKey::pem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  HUB_ASSERT(bio && PEM_write_bio_PUBKEY(bio.get(), key_.get()) == 1);
  return contents(bio.get());
}

bool PublicKey::verify(std::string_view bytes, std::string_view signature) const {
  if (signature.size() != kSignatureSize) return false;
  const ContextPtr context(EVP_MD_CTX_new());
  HUB_ASSERT(context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1);
  return EVP_DigestVerify(context.get(), data_of(signature), signature.size(), data_of(bytes), bytes.size()) == 1;
}

Result<Signer> Signer::open(const std::filesystem::path& folder) {
  const auto file = folder / kSigningKeyFile;
  HUB_TRY(auto kept, load_private(file));
  if (kept) return Signer(std::move(*kept));
  std::error_code error;
  if (std::filesystem::create_directories(folder, error))
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error) return unavailable("key.unavailable", "the folder of the key cannot be made: " + error.message());
  auto key = new_key();
  HUB_TRY(write_secret(file, private_pem(key.get())));
  return Signer(std::move(key));
}

Signer Signer::temporary() {
  return Signer(new_key());
}

std::string Signer::sign(std::string_view bytes) const {
  const ContextPtr context(EVP_MD_CTX_new());
  HUB_ASSERT(context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, public_key_.key_.get()) == 1);
  std::string signature(kSignatureSize, '\0');
  auto size = signature.size();
  HUB_ASSERT(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, data_of(bytes),
                            bytes.size()) == 1 &&
             size == kSignatureSize);
  return signature;
}

}  // namespace hub::log
