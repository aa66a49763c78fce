#include "gateway/http/session.hpp"

#include <boost/asio/this_coro.hpp>

#include "gateway/http/websocket_handshake.hpp"

namespace hub::http {
namespace {

/// Bodies up to this size are copied behind their header, so that answers of a pipeline leave in one write.
constexpr std::size_t kCopyMax = 16 * 1024;
/// Answers are gathered up to this size while more requests are waiting in the buffer.
constexpr std::size_t kGatherMax = 64 * 1024;
/// What must go out within one write timeout.
constexpr std::size_t kWritePiece = 256 * 1024;
/// What is read and thrown away of a request that was refused before its end.
constexpr std::size_t kLingerBytesMax = 1024 * 1024;
constexpr unsigned kForbidden = 403;
constexpr unsigned kNotFound = 404;
constexpr std::string_view kInvalidToken = "auth.invalid";
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Session::Session(std::shared_ptr<Site> site, std::shared_ptr<Transport> transport, asio::ip::address peer,
                 bool over_the_cap)
    : site_(std::move(site)),
      transport_(std::move(transport)),
      peer_(std::move(peer)),
      over_the_cap_(over_the_cap),
      reader_(site_->limits.read) {}

Session::~Session() {
  transport_.reset();
  let_go_of_file();
  site_->leave();
}

void Session::enter(Phase phase, milliseconds timeout) {
  phase_ = phase;
  timed_out_ = false;
  deadline_ = Clock::now() + timeout;
}

void Session::enter_reading() {
  const auto& limits = site_->limits;
  if (!reader_.has_begun()) {
    enter(Phase::idle, answered_one_ ? limits.idle_timeout : limits.header_timeout);
  } else if (!reader_.is_in_body()) {
    // Set once and not with each byte, or a byte now and then would hold the connection for ever.
    if (phase_ != Phase::header) enter(Phase::header, limits.header_timeout);
  } else if (phase_ != Phase::body) {
    enter(Phase::body, reader_.may_be_file() ? limits.file_timeout : limits.body_timeout);
  }
}

void Session::check_deadline(Clock::time_point now) {
  if (now < deadline_) return;
  deadline_ = Clock::time_point::max();
  timed_out_ = true;
  transport_->cancel();
}

void Session::stop() {
  stopping_ = true;
  if (phase_ == Phase::idle || phase_ == Phase::lingering) transport_->cancel();
  if (stop_event_) stop_event_->cancel();
}

asio::awaitable<void> Session::run() {
  enter(Phase::idle, site_->limits.header_timeout);
  if (co_await transport_->open()) {
    End end;
    if (over_the_cap_)
      end = co_await refuse_and_end(
          http_failure(503, "http.too_many_connections", "the server has no room for a connection"));
    else
      end = co_await converse();
    if (end != End::cut) {
      enter(Phase::lingering, site_->limits.linger);
      co_await transport_->finish();
    }
    if (end == End::linger) co_await linger();
  }
  transport_->close();
}

asio::awaitable<Session::End> Session::converse() {
  while (!stopping_) {
    auto state = reader_.advance(request_);
    while (state == RequestReader::State::need_more) {
      // Much is taken in for those who may send it only.
      if (reader_.is_in_body() && reader_.may_be_large() && !is_known_) {
        auto refused = admit_large();
        if (refused) co_return co_await refuse_and_end(std::move(*refused));
      }
      if (request_.expects_continue && reader_.is_in_body()) {
        request_.expects_continue = false;
        out_ += kContinue;
      }
      if (!out_.empty() && !co_await flush()) co_return End::cut;
      enter_reading();
      if (stopping_ && phase_ == Phase::idle) co_return End::finish;
      const auto [error, count] = co_await transport_->read_some(reader_.room());
      if (error) co_return co_await end_of_reading();
      reader_.received(count);
      state = reader_.advance(request_);
    }
    if (state == RequestReader::State::refused) co_return co_await refuse_and_end(reader_.failure());
    enter_without_deadline(Phase::answering);
    Response response;
    const Route* route = admit(response);
    if (route == nullptr && response.code == kInvalidToken && site_->catch_up) route = co_await admit_again(response);
    if (route != nullptr && route->upgrade) {
      co_await upgrade(*route);
      co_return End::cut;
    }
    // With nothing left unread the connection can be closed at once.
    if (!co_await serve(route, std::move(response))) co_return reader_.has_rest() ? End::linger : End::finish;
    answered_one_ = true;
    is_known_ = false;
    reader_.next(request_);
    let_go_of_file();
  }
  if (!out_.empty() && !co_await flush()) co_return End::cut;
  co_return End::finish;
}

std::optional<Failure> Session::admit_large() {
  see_client();
  if (const auto good = site_->guard.check_origin(request_); !good) return good.error();
  is_known_ = site_->guard.knows(request_);
  if (!is_known_) {
    const auto credential = credential_of(request_, false);
    return credential ? http_failure(401, "auth.required", "a bearer token is required") : credential.error();
  }
  if (!reader_.may_be_file()) return std::nullopt;
  // Each is held in memory as a whole.
  if (site_->files.fetch_add(1) < site_->limits.files) {
    holds_file_ = true;
    return std::nullopt;
  }
  site_->files.fetch_sub(1);
  auto failure = http_failure(429, "http.too_many_files", "as many files as may be are on their way; try again");
  failure.retry_after_ms = 1'000;
  return failure;
}

void Session::let_go_of_file() {
  if (std::exchange(holds_file_, false)) site_->files.fetch_sub(1);
}

void Session::see_client() {
  request_.remote = peer_;
  request_.secure = transport_->is_secure();
  site_->guard.see_through_proxy(request_);
}

const Route* Session::admit(Response& response) {
  see_client();
  assign_request_id(request_);
  auto good = parse_target(request_);
  if (good) good = site_->guard.check_origin(request_);
  if (!good) {
    response = refuse(request_, good.error());
    return nullptr;
  }
  if (request_.method == Verb::options) {
    const auto allowed = request_.path == "*" ? std::string("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
                                              : site_->router.allowed(request_);
    response = allowed.empty() ? refuse(request_, not_found("route.not_found", "there is nothing at this address"))
                               : empty_answer(204);
    if (!allowed.empty()) response.headers.emplace_back("Allow", allowed);
    return nullptr;
  }
  const Match match = site_->router.find(request_);
  if (match.route == nullptr) {
    response = refuse(request_, match.known_path
                                    ? http_failure(405, "route.method_not_allowed", "the method is not allowed here")
                                    : not_found("route.not_found", "there is nothing at this address"));
    if (match.known_path) response.headers.emplace_back("Allow", site_->router.allowed(request_));
    return nullptr;
  }
  return authenticate(*match.route, response) ? match.route : nullptr;
}

bool Session::authenticate(const Route& route, Response& response) {
  const auto good = site_->guard.authenticate(request_, route);
  if (!good) response = refuse(request_, good.error());
  return good.has_value();
}

asio::awaitable<const Route*> Session::admit_again(Response& response) {
  const std::vector<std::string> all;
  const auto known = co_await site_->catch_up(all);
  if (known) co_return admit(response);
  response = refuse(request_, known.error());
  co_return nullptr;
}

asio::awaitable<Response> Session::call(const Route& route) {
  std::string what;
  try {
    co_return co_await route.handler(request_);
  } catch (const std::exception& thrown) {
    what = thrown.what();
  }
  // What was thrown may name files or values: it is for the log, not for the client.
  if (site_->trouble) site_->trouble(route.pattern + " of request " + std::string(request_.id) + " threw: " + what);
  co_return refuse(request_,
                   internal_failure("internal", "the server failed to answer; the request id finds the reason"));
}

asio::awaitable<Response> Session::call_again(const Route& route, Response first) {
  if (first.status != kForbidden && first.status != kNotFound) co_return first;
  const auto missed = std::exchange(request_.missed, {});
  request_.may_look_again = false;
  const auto known = co_await site_->catch_up(missed);
  if (!known) co_return refuse(request_, known.error());
  // What the caller may do can be among the news.
  Response refused;
  if (!authenticate(route, refused)) co_return refused;
  co_return co_await call(route);
}

void Session::say_age(Response& response) const {
  if (!site_->age_seconds || (request_.method != Verb::get && request_.method != Verb::head)) return;
  if (const auto age = site_->age_seconds(); age > 0) response.headers.emplace_back("Age", std::to_string(age));
}

asio::awaitable<bool> Session::serve(const Route* route, Response response) {
  const auto began = site_->observe ? Clock::now() : Clock::time_point();
  if (route != nullptr) {
    request_.may_look_again = static_cast<bool>(site_->catch_up);
    response = co_await call(*route);
    if (request_.may_look_again && !request_.missed.empty())
      response = co_await call_again(*route, std::move(response));
  }
  say_age(response);
  if (response.stream) co_return co_await send_stream(response, began);
  compress_if_wanted(request_, response);
  co_return co_await send(response, request_.keep_alive && !stopping_ && !site_stopping(), began);
}

asio::awaitable<bool> Session::send(Response& response, bool keep_alive, Clock::time_point began) {
  const bool head_only = request_.method == Verb::head || !may_have_body(response.status);
  const std::size_t before = out_.size();
  append_header(out_, request_, response, {keep_alive, false, head_only});
  const std::string_view body = head_only ? std::string_view() : response.bytes();
  observe(response, began, out_.size() - before + body.size());
  if (body.size() <= kCopyMax) {
    out_ += body;
    if (keep_alive && out_.size() < kGatherMax) co_return true;
    co_return co_await flush() && keep_alive;
  }
  const bool sent = co_await write_all({asio::buffer(out_), asio::buffer(body)});
  out_.clear();
  co_return sent&& keep_alive;
}

void Session::observe(const Response& response, Clock::time_point began, std::size_t bytes) {
  if (site_->observe) site_->observe({request_, response.status, response.code, Clock::now() - began, bytes});
}

asio::awaitable<bool> Session::flush() {
  const bool sent = co_await write_all({asio::buffer(out_), asio::const_buffer()});
  out_.clear();
  if (out_.capacity() > kGatherMax) out_.shrink_to_fit();
  co_return sent;
}

asio::awaitable<bool> Session::write_all(std::array<asio::const_buffer, 2> buffers) {
  error_code error;
  std::size_t taken = transport_->try_write(buffers, error);
  for (;;) {
    for (auto& buffer : buffers) {
      const std::size_t part = std::min(taken, buffer.size());
      buffer += part;
      taken -= part;
    }
    auto& rest = buffers[0].size() > 0 ? buffers[0] : buffers[1];
    if (rest.size() == 0) co_return true;
    if (error && error != asio::error::would_block && error != asio::error::try_again) co_return false;
    enter(Phase::writing, site_->limits.write_timeout);
    const asio::const_buffer piece(rest.data(), std::min(rest.size(), kWritePiece));
    const auto [failed, count] = co_await transport_->write(Buffers(&piece, 1));
    if (failed) co_return false;
    error.clear();
    taken = count;
  }
}

asio::awaitable<Session::End> Session::end_of_reading() {
  const bool slow = timed_out_ && reader_.has_begun();
  if (!slow) co_return End::cut;
  co_return co_await refuse_and_end(http_failure(408, "http.timeout", "the request did not come in time"));
}

asio::awaitable<Session::End> Session::refuse_and_end(Failure failure) {
  request_.remote = peer_;
  assign_request_id(request_);
  if (request_.method == Verb::head) request_.method = Verb::get;  // nobody reads on behind it
  Response response = refuse(request_, failure);
  co_await send(response, false, site_->observe ? Clock::now() : Clock::time_point());
  co_return End::linger;
}

asio::awaitable<void> Session::linger() {
  // Closing with unread bytes resets the connection, and the client would lose the answer it is owed.
  std::array<char, 4096> thrown_away;
  for (std::size_t read = 0; read < kLingerBytesMax;) {
    const auto [error, count] = co_await transport_->read_some(asio::buffer(thrown_away));
    if (error || timed_out_) co_return;
    read += count;
  }
}

asio::awaitable<void> Session::upgrade(const Route& route) {
  if (route.admit) {
    if (const auto admitted = route.admit(request_); !admitted) {
      co_await refuse_and_end(admitted.error());
      co_return;
    }
  }
  auto accepted = accept_websocket(request_);
  if (!accepted) {
    co_await refuse_and_end(accepted.error());
    co_return;
  }
  out_ += accepted.value();
  Response switching;
  switching.status = 101;
  observe(switching, site_->observe ? Clock::now() : Clock::time_point(), out_.size());
  if (!co_await flush()) co_return;
  enter_without_deadline(Phase::upgraded);
  // A named value: GCC 12 destroys an aggregate that is made within a co_await expression twice.
  Upgraded connection{transport_, reader_.take_rest()};
  co_await route.upgrade(request_, std::move(connection));
}

}  // namespace hub::http
