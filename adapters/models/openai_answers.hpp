#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "adapters/models/outcome.hpp"
#include "adapters/models/request.hpp"

namespace hub::calls {

/// What a good answer says.
struct Answer {
  std::string result;  ///< as Outcome::result
  std::string finish_reason;
  Usage usage;
};

/// Most choices of one answer, tool calls of one choice and embeddings of one answer that are read.
inline constexpr std::uint64_t kChoicesMax = 128;
inline constexpr std::uint64_t kToolCallsMax = 128;

/// Why an answer is none; empty code: it is one.
struct Reading {
  CallFailure failure;
  bool good() const { return failure.code.empty(); }
};

/// A whole chat.completion. A body {"error": …} with status 200 is a failure too.
Reading read_chat(std::string_view body, Answer& answer);
/// A list of embeddings, as numbers or as base64 of little-endian float32, in the order of their index.
Reading read_embeddings(std::string_view body, Answer& answer);
/// Any JSON: what `pointer` points at. A string becomes {"text"}, lists of numbers {"embeddings"}, the rest {"json"}.
Reading read_pointed(std::string_view body, std::string_view pointer, Answer& answer);

/// What an endpoint says of its refusal.
struct ErrorBody {
  std::string message;  ///< empty: none that could be found
  std::string type;
  std::string code;  ///< numbers as their digits
};
/// {"error": {"message", "type", "code"}}, {"error": "…"}, flat {"message": …} or {"detail": …}; anything else is
/// empty.
ErrorBody read_error(std::string_view body);

/// Puts the chunks of a streamed chat together.
class ChatStream {
 public:
  /// One event's data. `piece` is what it adds to the first choice's text: a view that holds until the next call.
  Reading add(std::string_view data, std::string_view& piece);
  /// [DONE] came.
  bool done() const { return done_; }
  /// Every choice has said why it finished, or [DONE] came: what comes behind may be lost.
  bool finished() const { return done_ || (choices_ > 0 && finished_ >= choices_); }
  /// As far as it came.
  Answer answer() const;
  /// A stream without a single choice is no answer.
  bool has_choice() const { return choices_ > 0; }

 private:
  struct ToolCall {
    std::string id;
    std::string name;
    std::string arguments;
  };
  std::string text_;
  std::string piece_;
  std::map<std::uint64_t, ToolCall> tool_calls_;  ///< of the first choice, by index
  std::map<std::uint64_t, bool> seen_;            ///< choice → whether it has finished
  std::string finish_reason_;
  Usage usage_;
  std::size_t choices_ = 0;
  std::size_t finished_ = 0;
  bool done_ = false;

  friend class ChunkReader;
};

}  // namespace hub::calls
