#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "adapters/models/caller.hpp"
#include "adapters/models/event_stream.hpp"
#include "adapters/models/openai_answers.hpp"
#include "adapters/models/refusal.hpp"

namespace hub::calls {

/// Of the body of a refusal that is kept.
inline constexpr std::size_t kErrorBytesMax = std::size_t{64} << 10U;

/// How a connection ended, in the words of who carried it.
struct Ending {
  int curl_code = 0;         ///< CURLcode
  std::string words;         ///< of the library, for people
  bool refused = false;      ///< the guard refused an address, and no other was tried
  bool out_of_time = false;  ///< the call's own timeout passed
};

/// What comes back of one call: reads the answer while it arrives and tells the sink. No I/O: bytes in, outcome out.
class Transfer {
 public:
  Transfer(Request request, std::shared_ptr<Sink> sink, std::size_t answer_bytes_max);

  const Request& request() const { return request_; }
  /// One line of the head, or of interim answers and trailers. False: enough, close the connection.
  bool on_header(std::string_view line);
  /// False: enough, close the connection.
  bool on_body(std::string_view bytes);
  /// A stream has said that it is done; the rest is courtesy.
  bool done() const { return stream_.done(); }

  /// Tells the sink, once.
  void end(const Ending& ending);
  void end_aborted();
  void end_failed(CallFailure failure);

 private:
  enum class Body { unknown, whole, stream, refusal };

  bool stop(Retry retry, std::string_view code, std::string_view detail);
  bool begin_body();
  bool on_event(std::string_view data);
  void finish_stream();
  CallFailure judge(const Ending& ending, Outcome& outcome);
  Reading read_whole(Answer& answer) const;
  void take(Answer answer, Outcome& outcome) const;
  void tell(Outcome outcome, CallFailure failure);

  Request request_;
  std::shared_ptr<Sink> sink_;
  std::size_t answer_bytes_max_;
  Instant started_;
  int status_ = 0;
  std::string content_type_;  ///< lower case, without parameters
  RetryHeaders retry_headers_;
  std::size_t header_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  Body kind_ = Body::unknown;
  std::string body_;
  EventStream events_;
  ChatStream stream_;
  CallFailure failure_;  ///< found while reading
};

}  // namespace hub::calls
