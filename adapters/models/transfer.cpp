#include "adapters/models/transfer.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>

#include "events/core/text.hpp"

namespace hub::calls {
namespace {

constexpr std::string_view kStreamType = "text/event-stream";

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

bool is_json(std::string_view type) {
  constexpr std::string_view suffix = "+json";
  return type == "application/json" ||
         (type.size() > suffix.size() && type.substr(type.size() - suffix.size()) == suffix);
}

/// "HTTP/1.1 200 OK"
int status_of(std::string_view line) {
  const auto blank = line.find(' ');
  int status = 0;
  if (blank != std::string_view::npos) std::from_chars(line.data() + blank + 1, line.data() + line.size(), status);
  return status;
}

/// What it means that the connection failed before the answer was whole.
CallFailure broken(const Ending& ending, int status) {
  if (ending.refused)
    return {Retry::never, kRefusedAddress, "the endpoint's name leads to an address that may not be called"};
  if (ending.out_of_time) return {Retry::retry, kTimedOut, "no whole answer in the time allowed"};
  const auto words =
      ending.words.empty() ? std::string(curl_easy_strerror(static_cast<CURLcode>(ending.curl_code))) : ending.words;
  switch (ending.curl_code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return {Retry::never, kTlsRefused, words};
    case CURLE_OUT_OF_MEMORY:  // a header line that is longer than the library takes
      return {Retry::never, kTooLarge, "the head of the answer is too large"};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return {Retry::retry, kMalformedAnswer, words};
    default:
      break;
  }
  if (status == 0) return {Retry::retry, kUnreachable, words};
  return {Retry::retry, kTruncated, "the connection ended within the answer"};
}

}  // namespace

Transfer::Transfer(Request request, std::shared_ptr<Sink> sink, std::size_t answer_bytes_max)
    : request_(std::move(request)), sink_(std::move(sink)), answer_bytes_max_(answer_bytes_max), started_(wall_now()) {}

bool Transfer::stop(Retry retry, std::string_view code, std::string_view detail) {
  failure_ = {retry, code, std::string(detail)};
  return false;
}

bool Transfer::on_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kAnswerHeaderBytesMax)
    return stop(Retry::never, kTooLarge, "the head of the answer is larger than 64 KiB");
  if (line.substr(0, 5) == "HTTP/") {
    status_ = status_of(line);
    content_type_.clear();
    retry_headers_ = {};
    return true;
  }
  const auto colon = line.find(':');
  // Behind the head of a redirection nothing is of use.
  if (colon == std::string_view::npos) return !(line == "\r\n" && status_ >= 300 && status_ < 400);
  const auto name = lower(line.substr(0, colon));
  const auto value = trimmed(line.substr(colon + 1));
  if (name == "content-type") content_type_ = lower(trimmed(value.substr(0, value.find(';'))));
  if (name == "retry-after-ms") retry_headers_.retry_after_ms = value;
  if (name == "retry-after") retry_headers_.retry_after = value;
  if (name == "x-should-retry") retry_headers_.should_retry = lower(value);
  return true;
}

bool Transfer::begin_body() {
  if (status_ < 200 || status_ >= 300) {
    kind_ = Body::refusal;
    return true;
  }
  if (content_type_ == kStreamType && request_.shape == Shape::chat) {
    kind_ = Body::stream;
    return true;
  }
  if (!is_json(content_type_))
    return stop(Retry::never, kWrongContentType,
                content_type_.empty() ? "the answer has no content type" : "the answer is " + content_type_);
  kind_ = Body::whole;
  return true;
}

bool Transfer::on_body(std::string_view bytes) {
  if (kind_ == Body::unknown && !begin_body()) return false;
  body_bytes_ += bytes.size();
  if (kind_ == Body::refusal) {
    body_.append(bytes.substr(0, kErrorBytesMax - body_.size()));
    return body_bytes_ <= kErrorBytesMax;
  }
  if (body_bytes_ > answer_bytes_max_) {
    if (stream_.done()) return false;
    return stop(Retry::never, kTooLarge, "the answer is larger than is taken");
  }
  if (kind_ == Body::whole) {
    body_.append(bytes);
    return true;
  }
  if (events_.feed(bytes, [this](std::string_view data) { return on_event(data); })) return true;
  if (events_.too_large()) stop(Retry::never, kTooLarge, "one event of the stream is larger than is taken");
  return false;
}

bool Transfer::on_event(std::string_view data) {
  if (stream_.done()) return true;
  std::string_view piece;
  auto reading = stream_.add(data, piece);
  if (!reading.good()) {
    failure_ = std::move(reading.failure);
    return false;
  }
  if (stream_.done()) return true;
  sink_->on_chunk(data);
  if (!piece.empty()) sink_->on_piece(piece);
  return true;
}

Reading Transfer::read_whole(Answer& answer) const {
  switch (request_.shape) {
    case Shape::chat:
      return read_chat(body_, answer);
    case Shape::embeddings:
      return read_embeddings(body_, answer);
    case Shape::pointed:
      return read_pointed(body_, request_.result_pointer, answer);
  }
  HUB_ASSERT(false);
}

void Transfer::take(Answer answer, Outcome& outcome) const {
  outcome.result = std::move(answer.result);
  outcome.finish_reason = std::move(answer.finish_reason);
  outcome.usage = answer.usage;
}

/// The last event of a stream needs no blank line. Where the connection's end is the stream's, it may be half a one.
void Transfer::finish_stream() {
  events_.finish([this](std::string_view data) { return on_event(data); });
  if (failure_.code == kMalformedAnswer) failure_ = {};
}

CallFailure Transfer::judge(const Ending& ending, Outcome& outcome) {
  if (kind_ == Body::stream && ending.curl_code == CURLE_OK && failure_.code.empty()) finish_stream();
  if (kind_ == Body::stream) take(stream_.answer(), outcome);
  if (!failure_.code.empty()) return std::move(failure_);
  // Whatever happens to the connection behind a stream's end, or behind a refusal, does not change what it said.
  if (kind_ == Body::stream && stream_.finished())
    return stream_.has_choice() ? CallFailure{}
                                : CallFailure{Retry::retry, kMalformedAnswer, "the stream has no choices"};
  if (status_ >= 300) {
    outcome.retry_after_ms = wait_ms(retry_headers_, wall_now());
    return refusal_of(status_, read_error(body_), retry_headers_);
  }
  if (ending.curl_code != CURLE_OK) return broken(ending, status_);
  if (kind_ == Body::stream) return {Retry::retry, kTruncated, "the stream ended before it was done"};
  if (kind_ == Body::unknown && !begin_body()) return std::move(failure_);
  Answer answer;
  auto reading = read_whole(answer);
  if (reading.good()) take(std::move(answer), outcome);
  return std::move(reading.failure);
}

void Transfer::end(const Ending& ending) {
  Outcome outcome;
  auto failure = judge(ending, outcome);
  if (request_.keep_answer && kind_ != Body::stream) outcome.answer = std::move(body_);
  tell(std::move(outcome), std::move(failure));
}

void Transfer::end_aborted() {
  Outcome outcome;
  outcome.kind = OutcomeKind::aborted;
  if (kind_ == Body::stream) take(stream_.answer(), outcome);
  tell(std::move(outcome), {Retry::never, kAborted, "the call was aborted"});
}

void Transfer::end_failed(CallFailure failure) {
  tell({}, std::move(failure));
}

void Transfer::tell(Outcome outcome, CallFailure failure) {
  if (failure.code.empty()) {
    outcome.kind = OutcomeKind::completed;
  } else {
    outcome.retry = failure.retry;
    outcome.code = failure.code;
    outcome.detail = clean_detail(failure.detail, request_.secret);
  }
  outcome.http_status = status_;
  outcome.started = started_;
  outcome.ended = wall_now();
  // What the sink frees, it frees here.
  const auto sink = std::move(sink_);
  sink->on_end(std::move(outcome));
}

}  // namespace hub::calls
