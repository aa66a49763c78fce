#include "events/log/cloud_event.hpp"

#include <simdjson.h>

#include "events/core/json.hpp"
#include "events/log/claim.hpp"

namespace hub::log {
namespace {

void append_text(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out += ",\"";
  out += name;
  out += "\":";
  if (is_valid_utf8(text))
    append_json_string(out, text);
  else
    append_json_string(out, to_valid_utf8(text));
}

void append_number(std::string& out, std::string_view name, std::uint64_t number) {
  if (number == 0) return;
  out += ",\"";
  out += name;
  out += "\":";
  append_json_number(out, number);
}

bool is_space(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/// True when the bytes can stand inside a line of JSON and be found there again.
bool is_json_line(std::string_view bytes) {
  if (bytes.empty() || is_space(bytes.front()) || is_space(bytes.back())) return false;
  if (bytes.find_first_of("\n\r") != std::string_view::npos) return false;
  thread_local simdjson::dom::parser parser;
  return parser.parse(bytes.data(), bytes.size()).error() == simdjson::SUCCESS;
}

void append_data(std::string& out, std::string_view data) {
  if (data.empty()) return;
  if (is_json_line(data)) {
    out += ",\"datacontenttype\":\"application/json\",\"data\":";
    out += data;
  } else {
    out += ",\"datacontenttype\":\"application/octet-stream\",\"data_base64\":\"";
    out += to_base64(data);
    out += '"';
  }
}

void append_attributes(std::string& out, const Record& record, PartitionId partition) {
  out += "{\"specversion\":\"1.0\",\"id\":\"";
  out += to_text(Position{partition, record.seq});
  out += "\",\"source\":\"/computehub\"";
  append_text(out, "type", record.type);
  if (record.time.is_set()) {
    out += ",\"time\":\"";
    append_rfc3339(out, record.time);
    out += '"';
  }
  append_text(out, "subject", record.entity);
  append_number(out, "version", record.version);
  append_text(out, "commandid", record.command_id);
  append_text(out, "actor", record.actor);
  append_text(out, "org", record.organisation);
  append_text(out, "project", record.project);
  append_text(out, "correlationid", record.correlation_id);
  append_text(out, "parent", record.parent);
  append_number(out, "parentversion", record.parent_version);
}

}  // namespace

RecordKind kind_of(std::string_view type) {
  if (type == kMessageType) return RecordKind::message;
  if (type == kClaimedType) return RecordKind::claimed;
  if (type == kCheckpointType) return RecordKind::checkpoint;
  return RecordKind::event;
}

void append_cloud_event(std::string& out, const Record& record, PartitionId partition) {
  out.reserve(out.size() + record.data.size() + 512);
  append_attributes(out, record, partition);
  append_data(out, record.data);
  out += '}';
}

void append_chained_cloud_event(std::string& out, const Record& record, PartitionId partition) {
  append_attributes(out, record, partition);
  out += ",\"chain\":\"";
  out += to_hex({reinterpret_cast<const char*>(record.chain.data()), record.chain.size()});
  out += '"';
  append_data(out, record.data);
  out += '}';
}

std::string to_cloud_event(const Record& record, PartitionId partition) {
  std::string out;
  append_cloud_event(out, record, partition);
  return out;
}

}  // namespace hub::log
