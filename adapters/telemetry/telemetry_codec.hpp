#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "adapters/providers/provider.hpp"
#include "events/kafka/record_codec.hpp"

namespace hub::telemetry {

inline constexpr std::string_view kLinesType = "computehub.deployment.output.v1";
inline constexpr std::string_view kSampleType = "computehub.deployment.metrics.v1";
inline constexpr std::string_view kRemovedType = "computehub.deployment.output_removed.v1";

/// All that is kept of a deployment's output was removed with it.
struct Removed {};

/// What a machine tells of one of its deployments.
struct Told {
  std::string deployment;
  std::string host;
  std::variant<std::vector<providers::LogLine>, providers::MetricSample, Removed> content;
};

/// As it lies on `<ns>.logs` and `<ns>.metrics`: key = deployment id, attributes as headers in Kafka's binary mode
/// (type, subject, host), and JSON: {"lines": [{seq, time, stream, split, text}]}, or {"at", "values": {name: number |
/// null}}.
kafka::Outgoing to_message(const Told& told);
/// Nothing when it is not one of ours.
std::optional<Told> told_by(const rd_kafka_message_t& message);

}  // namespace hub::telemetry
