#include "adapters/telemetry/telemetry_codec.hpp"

#include "adapters/telemetry/output_json.hpp"
#include "events/core/ids.hpp"
#include "events/core/overloaded.hpp"
#include "events/kafka/headers.hpp"

namespace hub::telemetry {
namespace {

constexpr std::size_t kHeaders = 8;

}  // namespace

kafka::Outgoing to_message(const Told& told) {
  kafka::Outgoing out{told.deployment, {}, kafka::Headers(rd_kafka_headers_new(kHeaders))};
  std::string_view type = kRemovedType;
  std::visit(overloaded{[&](const std::vector<providers::LogLine>& lines) {
                          type = kLinesType;
                          out.value = lines_json(lines);
                        },
                        [&](const providers::MetricSample& sample) {
                          type = kSampleType;
                          out.value = sample_json(sample);
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
