#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "events/kafka/admin.hpp"

namespace hub::kafka {

/// Takes the key of a record and what it says; nothing when it deletes what was said under that key before.
using ControlRecord = std::function<void(std::string_view key, std::optional<std::string_view> value)>;

/// Gives `take` what is committed in `<ns>.control` by now, in order. The topic must be there. Fails: as failure_of();
/// then `take` may have been given a part.
Result<void> read_control(const Brokers& brokers, const std::string& name, const Patience& patience,
                          const ControlRecord& take);

/// Writes one record and returns when every copy that must have it has it (acks=all). Safe to repeat: the last record
/// of a key counts. Fails: as failure_of(); then it may be there.
Result<void> write_control(const Brokers& brokers, const std::string& name, std::string_view key,
                           std::string_view value, const Patience& patience);

}  // namespace hub::kafka
