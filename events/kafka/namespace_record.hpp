#pragma once
#include <optional>

#include "events/kafka/admin.hpp"

namespace hub::kafka {

/// The record of a namespace as `<ns>.control` holds it; nothing when there is none. The topic must be there.
/// Fails: as failure_of(); conflict `kafka.namespace_record`.
Result<std::optional<NamespaceRecord>> read_namespace_record(const Brokers& brokers, const std::string& name,
                                                             const Patience& patience);

/// Writes the record, unless one is there, and answers the one in force. However many do this at a time, one record is
/// ever written: they share a transactional id, so a later one fences an earlier one and then sees what that one
/// committed. Fails: as read_namespace_record().
Result<NamespaceRecord> ensure_namespace_record(const Brokers& brokers, const std::string& name,
                                                const NamespaceRecord& wanted, const Patience& patience);

/// Puts `next` in the place of `before`; done already is done. Fails: as read_namespace_record(); conflict
/// `kafka.namespace_changed` when another record is in force.
Result<void> replace_namespace_record(const Brokers& brokers, const std::string& name, const NamespaceRecord& before,
                                      const NamespaceRecord& next, const Patience& patience);

std::uint64_t draw_incarnation();

}  // namespace hub::kafka
