#pragma once
#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "gateway/cli/exit_code.hpp"

namespace hub::cli {

struct Pair {
  std::string left, right;
};

/// "A=B" at the first separator. Fails: `cli.usage` with the flag, saying how to write it, when the left is empty or
/// there is no separator.
Result<Pair> split_pair(std::string_view text, char separator, std::string_view flag, std::string_view form);

/// The object under a name of `body`; made when there is none.
boost::json::object& object_in(boost::json::object& body, std::string_view name);

/// A value of a flag that could not be read: `cli.usage` with the flag in front.
Failure of_flag(Failure failure, std::string_view flag);

template <class T>
Result<T> named(Result<T> result, std::string_view flag) {
  return result ? result : Result<T>(of_flag(result.error(), flag));
}

/// The bytes of a file, or of standard input for "-". Fails: `cli.usage` with the flag (cannot be read, larger than
/// `bytes_max`).
Result<std::string> read_given(const std::string& path, std::size_t bytes_max, std::string_view flag);

/// JSON as it was given: its text, or with "@FILE" that of a file ("@-" is standard input). The bytes stay as they are.
/// Fails: `cli.usage` with the flag (as read_given(), no JSON).
Result<std::string> read_json(const std::string& given, std::size_t bytes_max, std::string_view flag);

}  // namespace hub::cli
