#pragma once
#include <vector>

#include "events/log/log.hpp"
#include "gateway/cli/cli.hpp"

namespace hub::offline {

/// Of a node of a namespace on Kafka: "brokers", "topics", "signing", "copy". `copy` is the folder's log, null while a
/// server has it or when there is none. Reads only.
std::vector<cli::Check> kafka_checks(const cli::ServeOptions& options, log::Log* copy);

}  // namespace hub::offline
