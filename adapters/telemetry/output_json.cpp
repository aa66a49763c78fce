#include "adapters/telemetry/output_json.hpp"

#include "events/core/json_codec.hpp"

namespace hub::telemetry {
namespace {

struct LinesJson {
  std::vector<LineJson> lines;
};
struct SampleJson {
  static constexpr std::string_view required[] = {"at"};
  Instant at;
  std::map<std::string, std::optional<double>> values;
};
BOOST_DESCRIBE_STRUCT(LinesJson, (), (lines))
BOOST_DESCRIBE_STRUCT(SampleJson, (), (at, values))

}  // namespace

std::vector<LineJson> to_line_json(const std::vector<providers::LogLine>& lines) {
  std::vector<LineJson> json;
  json.reserve(lines.size());
  for (const auto& line : lines)
    json.push_back({line.seq, line.time, line.is_stderr ? "stderr" : "stdout", line.split, line.text});
  return json;
}

std::vector<providers::LogLine> from_line_json(std::vector<LineJson> json) {
  std::vector<providers::LogLine> lines;
  lines.reserve(json.size());
  for (auto& line : json)
    lines.push_back({line.seq, line.time, line.stream == "stderr", line.split, std::move(line.text)});
  return lines;
}

std::string lines_json(const std::vector<providers::LogLine>& lines) {
  return to_json(LinesJson{to_line_json(lines)});
}

std::string sample_json(const providers::MetricSample& sample) {
  return to_json(SampleJson{sample.at, {sample.values.begin(), sample.values.end()}});
}

Result<std::vector<providers::LogLine>> lines_of(std::string_view text) {
  HUB_TRY(auto json, from_json<LinesJson>(text, ReadMode::lenient));
  return from_line_json(std::move(json.lines));
}

Result<providers::MetricSample> sample_of(std::string_view text) {
  HUB_TRY(auto json, from_json<SampleJson>(text, ReadMode::lenient));
  return providers::MetricSample{json.at, {json.values.begin(), json.values.end()}};
}

std::size_t lines_in_a_message(const std::vector<providers::LogLine>& lines) {
  std::size_t bytes = 0, count = 0;
  for (; count < lines.size(); ++count) {
    bytes += lines[count].text.size();
    if (count > 0 && bytes > kBytesPerMessage) break;
  }
  return count;
}

}  // namespace hub::telemetry
