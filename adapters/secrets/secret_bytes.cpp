#include "adapters/secrets/secret_bytes.hpp"

#include <sodium.h>

#include <algorithm>

namespace hub::secrets {

SecretBytes::SecretBytes(std::size_t size) : bytes_(new unsigned char[size]()), size_(size) {}

SecretBytes::SecretBytes(std::string_view bytes) : SecretBytes(bytes.size()) {
  std::copy(bytes.begin(), bytes.end(), bytes_.get());
}

SecretBytes::~SecretBytes() {
  if (bytes_) sodium_memzero(bytes_.get(), size_);
}

void wipe(std::string& text) {
  text.resize(text.capacity());
  sodium_memzero(text.data(), text.size());
  text.clear();
}

}  // namespace hub::secrets
