#include "gateway/http/reader.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>
#include <new>

#include "gateway/http/response.hpp"

namespace hub::http {
namespace {

using beast::http::error;

/// Room behind the longest header, through which a body passes piece by piece.
constexpr std::size_t kBodyWindow = 16 * 1024;
constexpr std::string_view kIdempotencyKey = "idempotency-key";

/// What a second one of could be read in two ways by two programs on the way.
bool must_be_single(Field field) {
  return field == Field::host || field == Field::authorization || field == Field::origin ||
         field == Field::content_type || field == Field::sec_websocket_key;
}

}  // namespace

/// Beast's parser, told to point at what it finds.
class RequestReader::Parser : public beast::http::basic_parser<true> {
 public:
  Parser(Request& request, std::string& pieces, const ReadLimits& limits, const char* first, const char* last)
      : request_(request), pieces_(pieces), limits_(limits), first_(first), last_(last) {
    eager(true);
    header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    body_limit(limits.body_bytes);
  }

  bool may_be_large() const { return may_be_large_ || may_be_file_; }
  bool may_be_file() const { return may_be_file_; }

 private:
  void on_request_impl(Verb method, beast::string_view, beast::string_view target, int version, error_code&) override {
    request_.method = method;
    request_.target = target;
    request_.http_1_0 = version == 10;
    const std::string_view path(target.data(), std::min(target.find('?'), target.size()));
    may_be_large_ = !limits_.large_path.empty() && path == limits_.large_path;
    may_be_file_ = !limits_.file_prefix.empty() && path.starts_with(limits_.file_prefix) &&
                   path.ends_with(limits_.file_suffix) && method == Verb::put;
    if (may_be_large_) body_limit(limits_.large_body_bytes);
    if (may_be_file_) body_limit(limits_.file_bytes);
  }
  void on_response_impl(int, beast::string_view, int, error_code&) override {}
  void on_field_impl(Field id, beast::string_view name, beast::string_view value, error_code& ec) override {
    // Trailers come here too. They are not headers, and nothing uses them.
    if (is_header_done()) return;
    // A value outside the buffer was put together from folded lines, which RFC 9112 has servers refuse.
    if (!value.empty() && (value.data() < first_ || value.data() >= last_)) {
      ec = error::bad_obs_fold;
      return;
    }
    const bool repeated = (must_be_single(id) && request_.header(id)) ||
                          (equal_without_case(name, kIdempotencyKey) && request_.header(kIdempotencyKey));
    if (repeated) {
      ec = error::bad_field;
      return;
    }
    // Another coding than chunked, or one of two, is where another program sees another end of the body. Beast takes a
    // body for none when it does not know its coding.
    if (id == Field::transfer_encoding &&
        (request_.http_1_0 || request_.header(id) || !equal_without_case(value, "chunked"))) {
      ec = error::bad_transfer_encoding;
      return;
    }
    if (value.find('\0') != std::string_view::npos) {
      ec = error::bad_value;
      return;
    }
    request_.headers.push_back({id, name, value});
  }
  void on_header_impl(error_code&) override {
    request_.keep_alive = keep_alive();
    request_.upgrade = upgrade();
    if (const auto expect = request_.header(Field::expect))
      request_.expects_continue = equal_without_case(*expect, "100-continue");
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(beast::string_view piece, error_code&) override {
    if (request_.body.empty() && pieces_.empty()) {
      request_.body = piece;  // most bodies come whole
    } else {
      keep_pieces();
      pieces_.append(piece);
      request_.body = pieces_;
    }
    return piece.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view piece, error_code& ec) override {
    return on_body_impl(piece, ec);
  }
  void on_finish_impl(error_code&) override {}

 public:
  /// Before the window is used again: what is in it goes into memory of its own.
  void keep_pieces() {
    if (!pieces_.empty() || request_.body.empty()) return;
    pieces_.assign(request_.body);
    request_.body = pieces_;
  }

 private:
  Request& request_;
  std::string& pieces_;
  const ReadLimits& limits_;
  bool may_be_large_ = false;
  bool may_be_file_ = false;
  const char* first_;
  const char* last_;
};

RequestReader::RequestReader(ReadLimits limits)
    : limits_(limits),
      // Not value-initialised: an idle connection must not touch pages that it never uses.
      buffer_(new char[2 * limits.header_bytes + kBodyWindow]),
      capacity_(2 * limits.header_bytes + kBodyWindow) {}
RequestReader::~RequestReader() = default;

asio::mutable_buffer RequestReader::room() {
  HUB_ASSERT(end_ < capacity_);
  return {buffer_.get() + end_, capacity_ - end_};
}

void RequestReader::received(std::size_t count) {
  end_ += count;
}

bool RequestReader::has_begun() const {
  return parser_ != nullptr || begin_ < end_;
}

void RequestReader::begin() {
  // Views into the header must hold until the request is answered, so there has to be room for all of it from here.
  if (begin_ > limits_.header_bytes) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  header_ = begin_;
}

RequestReader::State RequestReader::advance(Request& request) {
  // Empty lines before a request are skipped, as RFC 9112 asks.
  while (!parser_ && begin_ < end_ && (buffer_[begin_] == '\r' || buffer_[begin_] == '\n')) ++begin_;
  if (!parser_ && begin_ == end_) begin_ = end_ = 0;
  if (begin_ == end_) return State::need_more;
  if (!parser_) {
    begin();
    parser_ = std::make_unique<Parser>(request, body_pieces_, limits_, buffer_.get(), buffer_.get() + capacity_);
  }
  const bool had_header = parser_->is_header_done();
  error_code error;
  begin_ += parser_->put(asio::const_buffer(buffer_.get() + begin_, end_ - begin_), error);
  if (error && error != beast::http::error::need_more) return refuse(error);
  if (!parser_->is_header_done()) {
    if (end_ - header_ > limits_.header_bytes) return refuse(error::header_limit);
    return State::need_more;
  }
  if (parser_->is_done()) return State::complete;
  if (!had_header) body_ = begin_ - request.body.size();
  return reuse_window() ? State::need_more : refuse(error::bad_chunk);
}

bool RequestReader::reuse_window() {
  parser_->keep_pieces();
  if (begin_ == end_) {
    begin_ = end_ = body_;
  } else if (end_ == capacity_) {
    if (begin_ == body_) return false;  // one chunk header fills it all
    std::memmove(buffer_.get() + body_, buffer_.get() + begin_, end_ - begin_);
    end_ = body_ + (end_ - begin_);
    begin_ = body_;
  }
  return true;
}

void RequestReader::next(Request& request) {
  request.clear();
  parser_.reset();
  body_pieces_.clear();
  if (body_pieces_.capacity() > kBodyWindow) body_pieces_.shrink_to_fit();
  if (begin_ == end_) begin_ = end_ = 0;
}

bool RequestReader::may_be_large() const {
  return parser_ && parser_->may_be_large();
}

bool RequestReader::may_be_file() const {
  return parser_ && parser_->may_be_file();
}

bool RequestReader::is_in_body() const {
  return parser_ && parser_->is_header_done() && !parser_->is_done();
}

std::string RequestReader::take_rest() {
  std::string rest(buffer_.get() + begin_, end_ - begin_);
  begin_ = end_ = 0;
  return rest;
}

RequestReader::State RequestReader::refuse(error_code error) {
  if (error == error::header_limit || error == error::buffer_overflow)
    return refuse(http_failure(431, "http.header_too_large", "the request's headers are over their limit of 16 KiB"));
  if (error == error::body_limit)
    return refuse(http_failure(413, "http.body_too_large", "the request's body is over its limit"));
  return refuse(malformed("http.malformed", "what came is no valid HTTP/1.1 request"));
}

RequestReader::State RequestReader::refuse(Failure failure) {
  failure_ = std::move(failure);
  return State::refused;
}

}  // namespace hub::http
