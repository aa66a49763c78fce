#pragma once
#include <string>
#include <vector>

#include "adapters/providers/provider.hpp"

namespace hub::routes {

/// One line as logs and the live stream show it: {seq, time, stream, text, split?}.
void append_log_line(std::string& out, const providers::LogLine& line);
/// [line, …]
std::string log_lines_json(const std::vector<providers::LogLine>& lines);
/// [{name, unit, points: [[time, value | null], …]}, …]; a point for each sample and metric.
std::string series_json(const std::vector<providers::MetricSample>& samples);

/// Opaque cursor of a place in a deployment's log lines.
std::string log_cursor(std::uint64_t seq);
/// Fails: malformed `cursor.invalid`.
Result<std::uint64_t> parse_log_cursor(std::string_view text);

}  // namespace hub::routes
