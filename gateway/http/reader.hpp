#pragma once
#include <memory>
#include <optional>
#include <string>

#include "gateway/http/asio.hpp"
#include "gateway/http/request.hpp"

namespace hub::http {

struct ReadLimits {
  std::size_t header_bytes = 16 * 1024;  ///< request line and headers; beyond: 431 http.header_too_large
  std::size_t body_bytes = 1024 * 1024;  ///< beyond: 413 http.body_too_large
  std::string_view large_path = {};      ///< the one path whose bodies may be larger, of callers with a token
  std::size_t large_body_bytes = 32 * 1024 * 1024;
  /// Paths of whole files, as large_path: what begins and ends with these, when both are given.
  std::string_view file_prefix = {}, file_suffix = {};
  std::size_t file_bytes = 100 * 1024 * 1024;
};

/// Finds requests in the bytes of one connection. Bytes go into room(), advance() says what they are. Its buffers are
/// kept between requests; nothing is copied but bodies that come in several pieces.
class RequestReader {
 public:
  enum class State { need_more, complete, refused };

  explicit RequestReader(ReadLimits limits);
  ~RequestReader();

  /// Where the next bytes of the connection go. Never empty.
  asio::mutable_buffer room();
  void received(std::size_t count);
  /// complete: `request` is one whole request, its target not yet parsed, and good until next(). refused: see
  /// failure(), and the connection is of no more use.
  State advance(Request& request);
  /// Behind a complete request: forgets it.
  void next(Request& request);

  const Failure& failure() const { return failure_; }
  /// True when a part of a request is there.
  bool has_begun() const;
  /// The header is complete, the body is not.
  bool is_in_body() const;
  /// It is one whose body may be larger than others'.
  bool may_be_large() const;
  /// It is one whose body is a file: what it takes up is counted.
  bool may_be_file() const;
  /// Bytes behind the complete request, which are taken out.
  std::string take_rest();
  /// Bytes behind the complete request.
  bool has_rest() const { return begin_ < end_; }

 private:
  class Parser;

  State refuse(Failure failure);
  State refuse(error_code error);
  void begin();
  /// The bytes behind the header have been taken: the room for them is free again. False: they do not fit.
  bool reuse_window();

  ReadLimits limits_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_;
  std::size_t begin_ = 0;   // first byte that the parser has not taken
  std::size_t end_ = 0;     // behind the last byte that was received
  std::size_t header_ = 0;  // first byte of the request's header: views point from there on
  std::size_t body_ = 0;    // behind the header, once it is complete
  std::string body_pieces_;
  std::unique_ptr<Parser> parser_;
  Failure failure_;
};

}  // namespace hub::http
