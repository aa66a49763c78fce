#include "adapters/telemetry/telemetry_codec.hpp"

#include "events/core/json_codec.hpp"
#include "events/core/overloaded.hpp"
#include "events/kafka/headers.hpp"

namespace hub::telemetry {
namespace {

constexpr std::size_t kHeaders = 8;

struct LineJson {
  static constexpr std::string_view required[] = {"seq", "time", "text"};
  std::uint64_t seq = 0;
  Instant time;
  std::string stream;  ///< "stdout" or "stderr"
  bool split = false;
  std::string text;
};
struct LinesJson {
  std::vector<LineJson> lines;
};
struct SampleJson {
  static constexpr std::string_view required[] = {"at"};
  Instant at;
  std::map<std::string, std::optional<double>> values;
};
BOOST_DESCRIBE_STRUCT(LineJson, (), (seq, time, stream, split, text))
BOOST_DESCRIBE_STRUCT(LinesJson, (), (lines))
BOOST_DESCRIBE_STRUCT(SampleJson, (), (at, values))

std::string json_of(const std::vector<providers::LogLine>& lines) {
  LinesJson json;
  for (const auto& line : lines)
    json.lines.push_back({line.seq, line.time, line.is_stderr ? "stderr" : "stdout", line.split, line.text});
  return to_json(json);
}

std::string json_of(const providers::MetricSample& sample) {
  return to_json(SampleJson{sample.at, {sample.values.begin(), sample.values.end()}});
}

Result<std::vector<providers::LogLine>> lines_of(std::string_view text) {
  HUB_TRY(auto json, from_json<LinesJson>(text, ReadMode::lenient));
  std::vector<providers::LogLine> lines;
  for (auto& line : json.lines)
    lines.push_back({line.seq, line.time, line.stream == "stderr", line.split, std::move(line.text)});
  return lines;
}

Result<providers::MetricSample> sample_of(std::string_view text) {
  HUB_TRY(auto json, from_json<SampleJson>(text, ReadMode::lenient));
  return providers::MetricSample{json.at, {json.values.begin(), json.values.end()}};
}

}  // namespace

kafka::Outgoing to_message(const Told& told) {
  kafka::Outgoing out{told.deployment, {}, kafka::Headers(rd_kafka_headers_new(kHeaders))};
  std::string_view type = kRemovedType;
  std::visit(overloaded{[&](const std::vector<providers::LogLine>& lines) {
                          type = kLinesType;
                          out.value = json_of(lines);
                        },
                        [&](const providers::MetricSample& sample) {
                          type = kSampleType;
                          out.value = json_of(sample);
                        },
                        [&](const Removed&) { out.value = "{}"; }},
             told.content);
  kafka::add_header(out.headers, "ce_specversion", "1.0");
  kafka::add_header(out.headers, "ce_id", random_command_id());
  kafka::add_header(out.headers, "ce_source", kafka::kSource);
  kafka::add_header(out.headers, "ce_type", type);
  kafka::add_header(out.headers, "ce_subject", told.deployment);
  kafka::add_header(out.headers, "ce_host", told.host);
  kafka::add_header(out.headers, "content-type", kafka::kJsonContent);
  return out;
}

std::optional<Told> told_by(const rd_kafka_message_t& message) {
  Told told;
  std::string type;
  kafka::each_header(message, [&](std::string_view name, std::string_view value) {
    if (name == "ce_type") type = value;
    if (name == "ce_subject") told.deployment = value;
    if (name == "ce_host") told.host = value;
  });
  if (!is_id(told.deployment) || told.host.empty()) return std::nullopt;
  const std::string_view text(static_cast<const char*>(message.payload), message.len);
  if (type == kLinesType) {
    auto lines = lines_of(text);
    if (!lines) return std::nullopt;
    told.content = std::move(lines).value();
  } else if (type == kSampleType) {
    auto sample = sample_of(text);
    if (!sample) return std::nullopt;
    told.content = std::move(sample).value();
  } else if (type == kRemovedType) {
    told.content = Removed{};
  } else {
    return std::nullopt;
  }
  return told;
}

}  // namespace hub::telemetry
