#include "gateway/routes/telemetry_json.hpp"

#include "events/core/cursor.hpp"
#include "events/core/json.hpp"

namespace hub::routes {
namespace {

/// Lines are numbered per deployment and for ever, so one incarnation holds for all.
constexpr std::uint64_t kLogIncarnation = 1;
/// No line has such a number, and the one behind it can still be told.
constexpr std::uint64_t kSeqMax = std::uint64_t{1} << 62;

}  // namespace

void append_log_line(std::string& out, const providers::LogLine& line) {
  out += "{\"seq\":";
  append_json_number(out, line.seq);
  out += ",\"time\":\"";
  append_rfc3339(out, line.time);
  out += line.is_stderr ? "\",\"stream\":\"stderr\",\"text\":" : "\",\"stream\":\"stdout\",\"text\":";
  append_json_string(out, line.text);
  if (line.split) out += ",\"split\":true";
  out += '}';
}

std::string log_lines_json(const std::vector<providers::LogLine>& lines) {
  std::string json = "[";
  for (const auto& line : lines) {
    if (json.size() > 1) json += ',';
    append_log_line(json, line);
  }
  return json + "]";
}

std::string series_json(const std::vector<providers::MetricSample>& samples) {
  std::string json = "[";
  for (const auto& metric : providers::metric_units()) {
    if (json.size() > 1) json += ',';
    json += "{\"name\":" + json_string(metric.name) + ",\"unit\":" + json_string(metric.unit) + ",\"points\":[";
    bool first = true;
    for (const auto& sample : samples) {
      json += first ? "[\"" : ",[\"";
      first = false;
      append_rfc3339(json, sample.at);
      json += "\",";
      const auto value = sample.values.find(metric.name);
      if (value != sample.values.end() && value->second)
        append_json_number(json, *value->second);
      else
        json += "null";
      json += ']';
    }
    json += "]}";
  }
  return json + "]";
}

std::string log_cursor(std::uint64_t seq) {
  return to_text(Cursor{kLogIncarnation, {seq}});
}

Result<std::uint64_t> parse_log_cursor(std::string_view text) {
  HUB_TRY(const auto cursor, parse_cursor(text));
  if (cursor.seqs.size() != 1 || cursor.incarnation != kLogIncarnation || cursor.seqs.front() > kSeqMax)
    return malformed("cursor.invalid", "not a cursor that this system gave out");
  return cursor.seqs.front();
}

}  // namespace hub::routes
