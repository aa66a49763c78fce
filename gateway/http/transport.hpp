#pragma once
#include <memory>
#include <span>
#include <string>
#include <tuple>

#include "events/core/result.hpp"
#include "gateway/http/asio.hpp"

namespace hub::http {

using IoResult = std::tuple<error_code, std::size_t>;
using Buffers = std::span<const asio::const_buffer>;

/// One connection, plain or TLS. Used on its own thread only. At most one read and one write at a time.
class Transport {
 public:
  virtual ~Transport() = default;

  /// The TLS handshake; nothing for a plain connection. False: the connection is of no use.
  virtual asio::awaitable<bool> open() = 0;
  virtual asio::awaitable<IoResult> read_some(asio::mutable_buffer room) = 0;
  /// Writes as much as goes without waiting. TLS takes nothing this way.
  virtual std::size_t try_write(Buffers buffers, error_code& error) = 0;
  /// Writes all, or ends with an error. The memory behind `buffers` must hold until then; `buffers` itself too.
  virtual asio::awaitable<IoResult> write(Buffers buffers) = 0;
  /// Says that nothing more will be sent.
  virtual asio::awaitable<void> finish() = 0;
  /// Ends what is under way with operation_aborted.
  virtual void cancel() = 0;
  virtual void close() = 0;
  virtual bool is_secure() const = 0;
};

std::shared_ptr<Transport> plain_transport(asio::ip::tcp::socket socket);

/// Certificate and key from PEM files, read again when one of them has changed.
class TlsFiles {
 public:
  TlsFiles();
  ~TlsFiles();
  /// Fails: invalid `tls.unusable` (no such files, no PEM, or the key is not the certificate's).
  Result<void> load(std::string certificate_file, std::string key_file);
  /// Looks at the files; what cannot be used is left, and the old pair stays. Fails: as load().
  Result<void> refresh();
  /// A server's side of TLS 1.2 or 1.3 with the pair that is in force.
  std::shared_ptr<Transport> transport(asio::ip::tcp::socket socket) const;

 private:
  struct Loaded;
  std::string certificate_file_, key_file_;
  std::shared_ptr<const Loaded> loaded_;
};

}  // namespace hub::http
