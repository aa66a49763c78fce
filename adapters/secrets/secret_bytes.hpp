#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace hub::secrets {

/// Bytes that are wiped when they go out of use. Moves, never copies.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t size);  ///< zeros
  explicit SecretBytes(std::string_view bytes);
  SecretBytes(SecretBytes&& other) noexcept { swap(other); }
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    SecretBytes taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~SecretBytes();

  std::size_t size() const { return size_; }
  unsigned char* data() { return bytes_.get(); }
  const unsigned char* data() const { return bytes_.get(); }
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes_.get()), size_}; }

 private:
  void swap(SecretBytes& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
  }

  std::unique_ptr<unsigned char[]> bytes_;
  std::size_t size_ = 0;
};

/// Wipes a string that held a secret, its whole capacity too.
void wipe(std::string& text);

}  // namespace hub::secrets
