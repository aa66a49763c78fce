#pragma once
#include <string>

#include "events/log/record.hpp"

namespace hub::log {

inline constexpr std::string_view kMessageType = "computehub.internal.message.v1";
inline constexpr std::string_view kCheckpointType = "computehub.internal.checkpoint.v1";
inline constexpr std::string_view kBatchEndType = "computehub.internal.batch-end.v1";

/// What a record of this type is.
RecordKind kind_of(std::string_view type);

/// A record as CloudEvents 1.0 JSON, on one line: id "partition:seq", source "/computehub", specversion, type, time,
/// subject (the entity), the extensions version, commandid, actor, org, project, correlationid, parent and
/// parentversion, datacontenttype and data. What is empty is left out. Data stands there byte for byte when it is JSON
/// on one line, else as data_base64; other text that is not UTF-8 is mended.
std::string to_cloud_event(const Record& record, PartitionId partition);
void append_cloud_event(std::string& out, const Record& record, PartitionId partition);
/// The same with one more extension, `chain`: the record's 8 chain bytes in hexadecimal; for exports.
void append_chained_cloud_event(std::string& out, const Record& record, PartitionId partition);

}  // namespace hub::log
