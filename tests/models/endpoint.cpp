#include "tests/models/endpoint.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <cstdio>
#include <thread>

namespace hub::calls::testing {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kRequestBytesMax = std::size_t{16} << 20U;

std::size_t content_length(std::string_view head) {
  constexpr std::string_view name = "Content-Length: ";
  const auto at = head.find(name);
  std::size_t length = 0;
  if (at != std::string_view::npos) std::from_chars(head.data() + at + name.size(), head.data() + head.size(), length);
  return length;
}

/// One connection.
template <class Stream>
class Session {
 public:
  Session(Stream stream, const Endpoint::Handler& handler, Endpoint& endpoint)
      : stream_(std::move(stream)), handler_(handler), endpoint_(endpoint) {}

  asio::awaitable<void> run() {
    for (bool open = true; open;) {
      Received received;
      open = co_await read(received);
      if (!open) break;
      ++endpoint_.requests;
      const Reply reply = handler_(received);
      for (const auto& step : reply) {
        open = co_await act(step);
        if (!open) break;
      }
    }
    ++endpoint_.closed;
  }

  Stream& stream() { return stream_; }

 private:
  asio::awaitable<bool> read(Received& received) {
    const auto [error, size] =
        co_await asio::async_read_until(stream_, asio::dynamic_buffer(buffer_, kRequestBytesMax), "\r\n\r\n", kAwait);
    if (error) co_return false;
    received.head = buffer_.substr(0, size);
    buffer_.erase(0, size);
    const auto length = content_length(received.head);
    while (buffer_.size() < length) {
      const auto [failed, more] = co_await stream_.async_read_some(asio::buffer(bytes_), kAwait);
      if (failed) co_return false;
      buffer_.append(bytes_, more);
    }
    received.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    co_return true;
  }

  asio::awaitable<bool> act(const Step& step) {
    switch (step.kind) {
      case Step::Kind::send: {
        const auto [error, size] = co_await asio::async_write(stream_, asio::buffer(step.bytes), kAwait);
        co_return !error;
      }
      case Step::Kind::drip:
        co_return co_await drip_out(step);
      case Step::Kind::hold: {
        const auto [error, size] = co_await stream_.async_read_some(asio::buffer(bytes_), kAwait);
        co_return !error;
      }
      case Step::Kind::close:
        break;
    }
    co_return false;
  }

  asio::awaitable<bool> drip_out(const Step& step) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (;;) {
      const auto [error, size] = co_await asio::async_write(stream_, asio::buffer(step.bytes), kAwait);
      if (error) co_return false;
      if (step.every.count() == 0) continue;
      timer.expires_after(step.every);
      co_await timer.async_wait(kAwait);
    }
  }

  Stream stream_;
  const Endpoint::Handler& handler_;
  Endpoint& endpoint_;
  std::string buffer_;
  char bytes_[4096];
};

}  // namespace

struct Endpoint::Running {
  Running(Handler the_handler, Endpoint& the_endpoint)
      : handler(std::move(the_handler)), endpoint(the_endpoint), acceptor(io, {asio::ip::address_v4::loopback(), 0}) {
    acceptor.listen(4'096);
  }

  asio::awaitable<void> serve_plain(tcp::socket socket) {
    Session<tcp::socket> session(std::move(socket), handler, endpoint);
    co_await session.run();
  }

  asio::awaitable<void> serve_tls(tcp::socket socket) {
    asio::ssl::stream<tcp::socket> stream(std::move(socket), context);
    Session<asio::ssl::stream<tcp::socket>> session(std::move(stream), handler, endpoint);
    const auto [error] = co_await session.stream().async_handshake(asio::ssl::stream_base::server, kAwait);
    if (!error) co_await session.run();
  }

  asio::awaitable<void> accept(bool tls) {
    for (;;) {
      auto [error, socket] = co_await acceptor.async_accept(kAwait);
      if (error) co_return;
      ++endpoint.accepted;
      socket.set_option(tcp::no_delay(true));
      if (tls)
        asio::co_spawn(io, serve_tls(std::move(socket)), asio::detached);
      else
        asio::co_spawn(io, serve_plain(std::move(socket)), asio::detached);
    }
  }

  Handler handler;
  Endpoint& endpoint;
  asio::io_context io{1};
  asio::ssl::context context{asio::ssl::context::tls_server};
  tcp::acceptor acceptor;
  std::thread thread;
};

Endpoint::Endpoint(Handler handler, const TlsFiles* tls)
    : running_(std::make_unique<Running>(std::move(handler), *this)) {
  if (tls != nullptr) {
    running_->context.use_certificate_chain_file(tls->certificate);
    running_->context.use_private_key_file(tls->key, asio::ssl::context::pem);
  }
  asio::co_spawn(running_->io, running_->accept(tls != nullptr), asio::detached);
  running_->thread = std::thread([this] { running_->io.run(); });
}

Endpoint::~Endpoint() {
  running_->io.stop();
  running_->thread.join();
}

std::uint16_t Endpoint::port() const {
  return running_->acceptor.local_endpoint().port();
}

std::string Endpoint::url(std::string_view path, std::string_view host) const {
  return "http://" + std::string(host) + ':' + std::to_string(port()) + std::string(path);
}

Step send(std::string bytes) {
  return {Step::Kind::send, std::move(bytes), {}};
}
Step drip(std::string bytes, std::chrono::milliseconds every) {
  return {Step::Kind::drip, std::move(bytes), every};
}
Step hold() {
  return {Step::Kind::hold, {}, {}};
}
Step close_now() {
  return {Step::Kind::close, {}, {}};
}

Reply answer(std::string_view status_line, std::string_view content_type, std::string_view body,
             std::string_view more_headers) {
  std::string text = "HTTP/1.1 " + std::string(status_line) + "\r\n";
  if (!content_type.empty()) text += "Content-Type: " + std::string(content_type) + "\r\n";
  text += std::string(more_headers) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return {send(text + std::string(body))};
}

Reply json_answer(std::string_view body) {
  return answer("200 OK", "application/json", body);
}

Step stream_head(std::string_view events) {
  return send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n" +
              std::string(events));
}

std::string text_event(std::string_view text) {
  return R"(data: {"choices":[{"index":0,"delta":{"content":")" + std::string(text) + "\"}}]}\n\n";
}
std::string finish_event(std::string_view reason) {
  return R"(data: {"choices":[{"index":0,"delta":{},"finish_reason":")" + std::string(reason) + "\"}]}\n\n";
}
std::string usage_event(int prompt, int completion) {
  return R"(data: {"choices":[],"usage":{"prompt_tokens":)" + std::to_string(prompt) + R"(,"completion_tokens":)" +
         std::to_string(completion) + R"(,"total_tokens":)" + std::to_string(prompt + completion) + "}}\n\n";
}

void write_certificate(const TlsFiles& files) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3'600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("endpoint"), -1, -1,
                             0);
  X509_set_issuer_name(certificate.get(), subject);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> names(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1"), X509_EXTENSION_free);
  X509_add_ext(certificate.get(), names.get(), -1);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const std::unique_ptr<std::FILE, decltype(&std::fclose)> to(std::fopen(files.certificate.c_str(), "w"), std::fclose);
  PEM_write_X509(to.get(), certificate.get());
  const std::unique_ptr<std::FILE, decltype(&std::fclose)> key_to(std::fopen(files.key.c_str(), "w"), std::fclose);
  PEM_write_PrivateKey(key_to.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

}  // namespace hub::calls::testing
