#pragma once
#include "events/log/embedded_store.hpp"
#include "events/log/log.hpp"

namespace hub::log {

/// Log::check_indexes() of the embedded log: one walk over the batches and one over each index, in bounded memory.
/// Only when something is wrong is each entry looked up, to name the first bad position.
std::unique_ptr<IndexCheck> check_indexes(Store& store);

}  // namespace hub::log
