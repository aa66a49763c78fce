#include <array>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <charconv>

#include "gateway/http/session.hpp"

namespace hub::http {

/// Sends pieces as chunks; to an HTTP/1.0 client as they are.
class ChunkWriter final : public BodyWriter {
 public:
  ChunkWriter(Session& session, bool chunked) : session_(session), chunked_(chunked) {}

  asio::awaitable<bool> write(std::string_view piece) override {
    if (gone_) co_return false;
    if (piece.empty()) co_return true;  // an empty chunk would end the body
    std::string& out = session_.out_;
    if (chunked_) {
      char size[17];
      const auto [end, error] = std::to_chars(size, size + sizeof size, piece.size(), 16);
      HUB_ASSERT(error == std::errc{});
      out.append(size, static_cast<std::size_t>(end - size)).append("\r\n");
    }
    out += piece;
    if (chunked_) out += "\r\n";
    bytes_ += out.size();
    gone_ = true;  // until it is out: a cut write leaves half a chunk, behind which nothing may follow
    if (!co_await session_.flush()) co_return false;
    gone_ = false;
    session_.enter_without_deadline(Session::Phase::streaming);
    co_return true;
  }

  bool gone() const { return gone_; }
  std::size_t bytes() const { return bytes_; }

 private:
  Session& session_;
  bool chunked_;
  bool gone_ = false;
  std::size_t bytes_ = 0;
};

namespace {

asio::awaitable<void> guarded(StreamedBody& body, BodyWriter& writer, bool& whole) {
  try {
    co_await body(writer);
    whole = true;
  } catch (const boost::system::system_error& thrown) {
    // Cancelled, because the server stops or the client has gone: what was sent is a whole answer.
    whole = thrown.code() == asio::error::operation_aborted;
  } catch (const std::exception&) {
    whole = false;
  }
}

}  // namespace

asio::awaitable<void> Session::watch_client() {
  std::array<char, 512> thrown_away;
  for (;;) {
    const auto [error, count] = co_await transport_->read_some(asio::buffer(thrown_away));
    if (error) co_return;
  }
}

asio::awaitable<void> Session::watch_stop() {
  co_await stop_event_->async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<bool> Session::send_stream(Response& response, Clock::time_point began) {
  using namespace asio::experimental::awaitable_operators;
  const bool chunked = !request_.http_1_0;
  append_header(out_, request_, response, {false, chunked, request_.method == Verb::head});
  const std::size_t header = out_.size();
  if (!co_await flush() || request_.method == Verb::head) co_return false;
  enter_without_deadline(Phase::streaming);
  stop_event_.emplace(co_await asio::this_coro::executor, Clock::time_point::max());
  ChunkWriter writer(*this, chunked);
  bool whole = false;
  if (!stopping_) co_await (guarded(response.stream, writer, whole) || watch_client() || watch_stop());
  stop_event_.reset();
  if (whole && !writer.gone() && chunked) {
    out_ += "0\r\n\r\n";
    co_await flush();
  }
  observe(response, began, header + writer.bytes());
  co_return false;
}

}  // namespace hub::http
