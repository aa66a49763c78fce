#include "gateway/cli/flag_values.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "events/core/json.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace json = boost::json;

namespace {
constexpr std::size_t kPieceBytes = 64 * 1'024;
}

Result<Pair> split_pair(std::string_view text, char separator, std::string_view flag, std::string_view form) {
  const auto at = text.find(separator);
  if (at == 0 || at == std::string_view::npos)
    return wrong_usage(fmt::format("{} \"{}\": write it as {}", flag, printable(text), form), flag);
  return Pair{std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

json::object& object_in(json::object& body, std::string_view name) {
  auto& value = body[name];
  if (!value.is_object()) value = json::object();
  return value.as_object();
}

Failure of_flag(Failure failure, std::string_view flag) {
  failure.code = kCodeUsage;
  failure.field = flag;
  failure.detail = fmt::format("{}: {}", flag, failure.detail);
  return failure;
}

Result<std::string> read_given(const std::string& path, std::size_t bytes_max, std::string_view flag) {
  const bool standard = path == "-";
  std::error_code error;
  if (!standard && std::filesystem::is_directory(path, error))
    return wrong_usage(fmt::format("{}: {} is a folder", flag, path), flag);
  std::ifstream opened;
  if (!standard) opened.open(path, std::ios::binary);
  if (!standard && !opened) return wrong_usage(fmt::format("{}: {} cannot be read", flag, path), flag);
  std::istream& in = standard ? std::cin : opened;
  std::string bytes;
  // Piece by piece: what may be read is far more than what most files hold.
  std::string piece(kPieceBytes, '\0');
  while (in && bytes.size() <= bytes_max) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    bytes.append(piece, 0, static_cast<std::size_t>(in.gcount()));
  }
  if (bytes.size() > bytes_max)
    return wrong_usage(fmt::format("{}: {} is larger than {}", flag, standard ? "standard input" : path,
                                   bytes_text(static_cast<std::int64_t>(bytes_max))),
                       flag);
  return bytes;
}

Result<std::string> read_json(const std::string& given, std::size_t bytes_max, std::string_view flag) {
  auto text = given;
  if (given.substr(0, 1) == "@") {
    HUB_TRY(text, read_given(given.substr(1), bytes_max, flag));
  }
  json::parse_options options;
  options.max_depth = kJsonDepthMax;
  boost::system::error_code error;
  json::parse(text, error, {}, options);
  if (error) return wrong_usage(fmt::format("{}: what is given there is no JSON: {}", flag, error.message()), flag);
  return text;
}

}  // namespace hub::cli
