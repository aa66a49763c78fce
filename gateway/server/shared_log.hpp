#pragma once
#include <memory>

#include "events/kafka/foreign_record.hpp"
#include "events/kafka/kafka_figures.hpp"
#include "events/log/log.hpp"
#include "gateway/cli/config.hpp"
#include "gateway/server/data_folder.hpp"

namespace hub::server {

/// This node's name among others: --node, else the one in the data folder, made at the first start. It has 1 to 100
/// letters, digits, ".", "_" and "-". Fails: invalid `config.node`; unavailable `data.unusable`.
Result<std::string> node_name(const cli::ServeOptions& options, const DataFolder& folder);

/// The log on Kafka that the options name, with its copy in the data folder; `figures` are those of it. `foreign` is
/// told of what is not ours, also among the commands. Fails: as kafka::check_topics() and
/// kafka::open_kafka_log() do.
Result<std::unique_ptr<log::Log>> open_shared_log(const cli::ServeOptions& options, const DataFolder& folder,
                                                  const std::string& node,
                                                  std::shared_ptr<kafka::KafkaFigures>& figures,
                                                  kafka::ForeignHandler foreign);

}  // namespace hub::server
