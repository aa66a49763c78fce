#include <sys/stat.h>

#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include "gateway/http/transport.hpp"

namespace hub::http {
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

/// When a file was last changed, in nanoseconds; 0 when it is not there.
std::int64_t changed_at(const std::string& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) return 0;
  return found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec;
}

}  // namespace

struct TlsFiles::Loaded {
  mutable asio::ssl::context context{asio::ssl::context::tls_server};
  std::int64_t certificate_changed = 0;
  std::int64_t key_changed = 0;
};

namespace {

class TlsTransport final : public Transport {
 public:
  TlsTransport(asio::ip::tcp::socket socket, std::shared_ptr<const void> keeps, asio::ssl::context& context)
      : keeps_(std::move(keeps)), stream_(std::move(socket), context) {}

  asio::awaitable<bool> open() override {
    const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kTuple);
    co_return !error;
  }
  asio::awaitable<IoResult> read_some(asio::mutable_buffer room) override {
    return stream_.async_read_some(room, kTuple);
  }
  std::size_t try_write(Buffers, error_code& error) override {
    error = asio::error::would_block;
    return 0;
  }
  asio::awaitable<IoResult> write(Buffers buffers) override { return asio::async_write(stream_, buffers, kTuple); }
  asio::awaitable<void> finish() override { co_await stream_.async_shutdown(kTuple); }
  void cancel() override {
    error_code ignored;
    stream_.lowest_layer().cancel(ignored);
  }
  void close() override {
    error_code ignored;
    stream_.lowest_layer().close(ignored);
  }
  bool is_secure() const override { return true; }

 private:
  std::shared_ptr<const void> keeps_;
  asio::ssl::stream<asio::ip::tcp::socket> stream_;
};

}  // namespace

TlsFiles::TlsFiles() = default;
TlsFiles::~TlsFiles() = default;

Result<void> TlsFiles::load(std::string certificate_file, std::string key_file) {
  certificate_file_ = std::move(certificate_file);
  key_file_ = std::move(key_file);
  loaded_.reset();
  return refresh();
}

Result<void> TlsFiles::refresh() {
  const auto certificate_changed = changed_at(certificate_file_), key_changed = changed_at(key_file_);
  if (loaded_ && loaded_->certificate_changed == certificate_changed && loaded_->key_changed == key_changed)
    return success();
  auto fresh = std::make_shared<Loaded>();
  fresh->certificate_changed = certificate_changed;
  fresh->key_changed = key_changed;
  auto& context = fresh->context;
  error_code error;
  context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                      asio::ssl::context::no_tlsv1_1 | asio::ssl::context::no_compression);
  context.use_certificate_chain_file(certificate_file_, error);
  if (!error) context.use_private_key_file(key_file_, asio::ssl::context::pem, error);
  if (!error && SSL_CTX_check_private_key(context.native_handle()) != 1) error = asio::error::invalid_argument;
  if (error) return invalid("tls.unusable", "certificate and key cannot be used: " + error.message());
  loaded_ = std::move(fresh);
  return success();
}

std::shared_ptr<Transport> TlsFiles::transport(asio::ip::tcp::socket socket) const {
  return std::make_shared<TlsTransport>(std::move(socket), loaded_, loaded_->context);
}

}  // namespace hub::http
