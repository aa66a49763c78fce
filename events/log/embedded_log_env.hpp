#pragma once
#include "events/log/embedded_log.hpp"

namespace rocksdb {
class Env;
}

namespace hub::log {

/// open_embedded_log on files that fail on purpose; for tests of faults. `env` must outlive the log.
Result<std::unique_ptr<Log>> open_embedded_log_on(const EmbeddedOptions& options, rocksdb::Env* env);

}  // namespace hub::log
