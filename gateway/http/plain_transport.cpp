#include <boost/asio/write.hpp>

#include "gateway/http/transport.hpp"

namespace hub::http {
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {
    error_code ignored;
    socket_.non_blocking(true, ignored);
  }

  asio::awaitable<bool> open() override { co_return true; }
  asio::awaitable<IoResult> read_some(asio::mutable_buffer room) override {
    return socket_.async_read_some(room, kTuple);
  }
  std::size_t try_write(Buffers buffers, error_code& error) override { return socket_.write_some(buffers, error); }
  asio::awaitable<IoResult> write(Buffers buffers) override { return asio::async_write(socket_, buffers, kTuple); }
  asio::awaitable<void> finish() override {
    error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    co_return;
  }
  void cancel() override {
    error_code ignored;
    socket_.cancel(ignored);
  }
  void close() override {
    error_code ignored;
    socket_.close(ignored);
  }
  bool is_secure() const override { return false; }

 private:
  asio::ip::tcp::socket socket_;
};

}  // namespace

std::shared_ptr<Transport> plain_transport(asio::ip::tcp::socket socket) {
  return std::make_shared<PlainTransport>(std::move(socket));
}

}  // namespace hub::http
