#include "gateway/terminals/terminal_socket.hpp"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "events/core/json_codec.hpp"
#include "gateway/routes/await.hpp"

namespace hub::terminals {
namespace {

constexpr std::size_t kReadRoom = 16 * 1'024;
/// Pastes come in pieces.
constexpr std::size_t kMessageBytesMax = 256 * 1'024;
/// With so much on its way to the client, the shell waits.
constexpr std::size_t kUnsentBytesMax = 1 << 20;
/// With so much that the shell has not read, the client waits.
constexpr std::size_t kUntakenBytesMax = 256 * 1'024;
constexpr std::chrono::seconds kTick{2};
constexpr std::chrono::seconds kPingAfter{20};
constexpr std::chrono::seconds kSilenceMax{60};
constexpr std::uint16_t kSizeMax = 1'000;

struct Order {
  static constexpr std::string_view required[] = {"type"};
  std::string type;
  std::optional<std::uint16_t> cols;
  std::optional<std::uint16_t> rows;
  std::optional<std::uint64_t> bytes;
};
BOOST_DESCRIBE_STRUCT(Order, (), (type, cols, rows, bytes))

struct ExitMessage {
  std::string type = "exit";
  std::string code;
  std::string text;
  std::optional<std::int32_t> exit_code;
  std::optional<std::int32_t> signal;
};
BOOST_DESCRIBE_STRUCT(ExitMessage, (), (type, code, text, exit_code, signal))

std::string binary_frame(std::string_view bytes) {
  std::string frame;
  live::append_frame(frame, live::Opcode::binary, bytes);
  return frame;
}

}  // namespace

TerminalSocket::TerminalSocket(TerminalDoor& door, asio::any_io_executor executor,
                               std::shared_ptr<http::Transport> transport, Wish wish, std::function<bool()> may_still)
    : door_(door),
      executor_(std::move(executor)),
      transport_(std::move(transport)),
      wish_(std::move(wish)),
      may_still_(std::move(may_still)),
      reader_(kMessageBytesMax, true),
      ticker_(executor_),
      room_(executor_),
      last_heard_(Clock::now()) {}

asio::awaitable<void> TerminalSocket::run(std::string received) {
  sender_ = std::make_shared<live::FrameSender>(executor_, transport_, [weak = weak_from_this()] {
    const auto still = weak.lock();
    if (still && still->terminal_ && still->has_room()) still->terminal_->go_on();
  });
  asio::co_spawn(
      executor_,
      [](std::shared_ptr<TerminalSocket> self) -> asio::awaitable<void> { co_await self->beat(); }(shared_from_this()),
      asio::detached);
  co_await converse(std::move(received));
  if (terminal_) terminal_->detach(this);
  sender_->end();
  ticker_.cancel();
  transport_->close();
}

asio::awaitable<void> TerminalSocket::converse(std::string received) {
  auto terminal = co_await door_.terminal_for(wish_);
  if (terminal) {
    terminal_ = std::move(terminal).value();
    terminal_->attach(shared_from_this(), wish_.received);
    terminal_->resize(wish_.size);
    // A right that went since the request came was looked for among the open ones, and not found there.
    if (!may_still_()) terminal_->close({"auth.revoked", "the right to this shell has gone", {}, {}, {}});
  } else {
    refuse(terminal.error());
  }
  std::array<char, kReadRoom> room;
  reader_.feed(received);
  while (co_await handle_received()) {
    const auto [error, count] = co_await transport_->read_some(asio::buffer(room));
    if (error) co_return;
    last_heard_ = Clock::now();
    pinged_ = false;
    reader_.feed({room.data(), count});
  }
}

/// False: the connection has come to its end.
asio::awaitable<bool> TerminalSocket::handle_received() {
  using Kind = live::FrameReader::Event::Kind;
  for (;;) {
    const auto event = reader_.next();
    if (event.kind == Kind::need_more) co_return true;
    if (event.kind == Kind::close) {
      sender_->queue_last(live::close_frame(event.code, {}));
      co_return false;
    }
    // Behind our close frame only the other's is waited for.
    if (sender_->is_closing()) continue;
    if (event.kind == Kind::binary) {
      std::string bytes(event.payload);
      if (!co_await type(std::move(bytes))) {
        refuse(conflict("terminal.not_reading", "the shell does not read what is typed"));
        co_return false;
      }
    } else if (event.kind == Kind::text) {
      if (const auto done = handle_text(event.payload); !done) refuse(done.error());
    } else if (event.kind == Kind::ping) {
      // Who does not read what comes is not answered, either.
      if (!has_room()) continue;
      std::string pong;
      live::append_frame(pong, live::Opcode::pong, event.payload);
      sender_->queue(std::move(pong));
    } else if (event.kind == Kind::violation) {
      sender_->queue_last(live::close_frame(event.code, {}));
    }
  }
}

/// Waits while the shell does not read what was typed. Meanwhile the client cannot be heard, not even that it is gone.
asio::awaitable<bool> TerminalSocket::type(std::string bytes) {
  if (!terminal_ || bytes.empty()) co_return true;
  typing_ = true;
  auto untaken = terminal_->untaken_bytes();
  auto since = Clock::now();
  while (terminal_->untaken_bytes() > kUntakenBytesMax && !sender_->is_closing()) {
    co_await room_.wait_until(Clock::now() + kTick);
    if (terminal_->untaken_bytes() < untaken) since = Clock::now();
    untaken = terminal_->untaken_bytes();
    if (Clock::now() - since >= kSilenceMax) co_return false;
  }
  typing_ = false;
  last_heard_ = Clock::now();
  if (!sender_->is_closing()) terminal_->type(std::move(bytes));
  co_return true;
}

Result<void> TerminalSocket::handle_text(std::string_view text) {
  HUB_TRY(const auto order, from_json<Order>(text));
  if (!terminal_) return success();
  if (order.type == "exit") {
    terminal_->close({"terminal.closed", "closed by its user", {}, {}, {}});
    return success();
  }
  if (order.type == "taken") return handle_taken(order.bytes.value_or(0));
  if (order.type != "resize") return invalid("terminal.message", "must be resize, taken or exit", "type");
  const auto cols = order.cols.value_or(0), rows = order.rows.value_or(0);
  if (cols < 1 || cols > kSizeMax || rows < 1 || rows > kSizeMax)
    return invalid("terminal.message", "a size is of 1 to 1000 cols and rows", "cols");
  terminal_->resize({cols, rows});
  return success();
}

/// A browser takes everything in as fast as it comes, and would drown.
Result<void> TerminalSocket::handle_taken(std::uint64_t bytes) {
  if (bytes > shown_) return invalid("terminal.message", "more than was shown", "bytes");
  says_taken_ = true;
  taken_ = bytes;
  terminal_->go_on();
  return success();
}

void TerminalSocket::show(std::string bytes) {
  shown_ += bytes.size();
  sender_->queue(binary_frame(bytes));
}

void TerminalSocket::start_over(std::uint64_t at) {
  sender_->queue(live::text_frame("{\"type\":\"start_over\",\"at\":" + std::to_string(at) + "}"));
}

bool TerminalSocket::has_room() const {
  if (says_taken_ && shown_ - taken_ >= kUnsentBytesMax) return false;
  return sender_->unsent_bytes() < kUnsentBytesMax;
}

void TerminalSocket::left(const Reason& why) {
  const bool as_asked = why.code == "terminal.exited" || why.code == "terminal.closed";
  close_with(as_asked ? live::CloseCode::normal : live::CloseCode::policy, why.code,
             to_json(ExitMessage{"exit", why.code, why.text, why.exit_code, why.signal}));
  taken();  // nothing is waited for any more
}

void TerminalSocket::refuse(const Failure& why) {
  close_with(live::CloseCode::policy, why.code, to_json(ExitMessage{"exit", why.code, why.detail, {}, {}}));
}

void TerminalSocket::close_with(live::CloseCode code, std::string_view reason, std::string_view json) {
  sender_->queue(live::text_frame(json));
  sender_->queue_last(live::close_frame(code, reason));
}

/// Finds out whether somebody is still there.
asio::awaitable<void> TerminalSocket::beat() {
  for (;;) {
    ticker_.expires_after(kTick);
    co_await ticker_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (sender_->has_ended()) co_return;
    const auto now = Clock::now();
    const auto silence = now - last_heard_;
    if (sender_->is_overdue(now) || (silence >= kSilenceMax && !typing_)) co_return transport_->cancel();
    if (silence < kPingAfter || pinged_ || typing_) continue;
    pinged_ = true;
    std::string ping;
    live::append_frame(ping, live::Opcode::ping, {});
    sender_->queue(std::move(ping));
  }
}

}  // namespace hub::terminals
