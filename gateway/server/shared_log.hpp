#pragma once
#include <memory>

#include "adapters/telemetry/shared_output.hpp"
#include "events/kafka/foreign_record.hpp"
#include "events/kafka/kafka_figures.hpp"
#include "events/log/lease.hpp"
#include "events/log/log.hpp"
#include "gateway/cli/config.hpp"
#include "gateway/server/data_folder.hpp"

namespace hub::server {

/// This node's name among others: --node, else the one in the data folder, made at the first start. It has 1 to 100
/// letters, digits, ".", "_" and "-". Fails: invalid `config.node`; unavailable `data.unusable`.
Result<std::string> node_name(const cli::ServeOptions& options, const DataFolder& folder);

/// How the output of deployments is shared with the other nodes of a namespace of so many partitions. Fails: invalid
/// `kafka.conf`.
Result<telemetry::SharedOutputOptions> shared_output_options(const cli::ServeOptions& options, const DataFolder& folder,
                                                             const std::string& node, std::uint32_t partitions);

/// A member owns the partitions that the group gives it; a visitor claims one, writes, and goes: who owned it is shut
/// out and claims anew.
enum class Part { member, visitor };

/// Who watches the log.
struct LogWatch {
  std::shared_ptr<kafka::KafkaFigures>* figures = nullptr;  ///< set before anything is read
  kafka::ForeignHandler foreign;                            ///< told of what is not ours, also among the commands
  std::shared_ptr<log::Lease> lease;                        ///< of this node on what it owns
};

/// The log on Kafka that the options name, with its copy in the data folder. Fails: as kafka::check_topics() and
/// kafka::open_kafka_log() do.
Result<std::unique_ptr<log::Log>> open_shared_log(const cli::ServeOptions& options, const DataFolder& folder,
                                                  const std::string& node, Part part = Part::member,
                                                  LogWatch watch = {});

}  // namespace hub::server
