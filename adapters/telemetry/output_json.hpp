#pragma once
#include <boost/describe.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/providers/provider.hpp"

namespace hub::telemetry {

/// One line of output as JSON that machines send each other.
struct LineJson {
  static constexpr std::string_view required[] = {"seq", "time", "text"};
  std::uint64_t seq = 0;
  Instant time;
  std::string stream;  ///< "stdout" or "stderr"
  bool split = false;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(LineJson, (), (seq, time, stream, split, text))

std::vector<LineJson> to_line_json(const std::vector<providers::LogLine>& lines);
std::vector<providers::LogLine> from_line_json(std::vector<LineJson> lines);

/// {"lines": [LineJson]}
std::string lines_json(const std::vector<providers::LogLine>& lines);
/// {"at", "values": {name: number | null}}
std::string sample_json(const providers::MetricSample& sample);
/// Fail as from_json does.
Result<std::vector<providers::LogLine>> lines_of(std::string_view json);
Result<providers::MetricSample> sample_of(std::string_view json);

inline constexpr std::size_t kLinesPerMessage = 500;
/// Of text in one message; with its JSON it stays below what topics and connections take.
inline constexpr std::size_t kBytesPerMessage = 256 << 10;
/// As many lines from the front as one message takes; at least one.
std::size_t lines_in_a_message(const std::vector<providers::LogLine>& lines);

}  // namespace hub::telemetry
