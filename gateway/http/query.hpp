#pragma once
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/core/result.hpp"

namespace hub::http {

/// A name with its value. Both point into the request's bytes, or into what was decoded from them.
struct Parameter {
  std::string_view name;
  std::string_view value;
};

/// Keeps the text that had to be decoded; its addresses stay where they are.
using DecodedText = std::deque<std::string>;

/// `text` without percent escapes, `text` itself when it has none. Null on a broken escape, on NUL, and on bytes that
/// are not UTF-8. `plus_is_space`: as in forms and queries.
std::optional<std::string_view> percent_decoded(std::string_view text, DecodedText& kept, bool plus_is_space);

/// The parameters behind the "?". At most 64.
class Query {
 public:
  static constexpr std::size_t kParametersMax = 64;
  static constexpr std::size_t kTextBytesMax = 1'024;

  /// Fails: malformed `query.malformed`; invalid `query.repeated`.
  Result<void> parse(std::string_view text, DecodedText& kept);
  void clear() { parameters_.clear(); }

  std::optional<std::string_view> get(std::string_view name) const;
  /// Refuses every parameter that is not among `known`. Fails: invalid `query.unknown` with the name as field.
  Result<void> only(std::initializer_list<std::string_view> known) const;
  /// A whole number of `min` to `max`, null when it is not given. Fails: invalid `query.range`.
  Result<std::optional<std::uint64_t>> number(std::string_view name, std::uint64_t min, std::uint64_t max) const;
  /// 1 to kTextBytesMax bytes; empty when it is not given. Fails: invalid `query.range`.
  Result<std::string> text(std::string_view name) const;
  /// "true" or "false"; false when it is not given. Fails: invalid `query.range`.
  Result<bool> flag(std::string_view name) const;

  const std::vector<Parameter>& all() const { return parameters_; }

 private:
  std::vector<Parameter> parameters_;
};

}  // namespace hub::http
