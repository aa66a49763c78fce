#include <simdjson.h>

#include <algorithm>
#include <istream>
#include <ostream>

#include "events/core/json_codec.hpp"
#include "events/log/auditor.hpp"
#include "events/log/claim.hpp"
#include "events/log/cloud_event.hpp"

namespace hub::log {
namespace {

constexpr std::size_t kReadBytes = 1 << 20;
constexpr std::string_view kBeginType = "computehub.export.begin.v1";
constexpr std::string_view kEndType = "computehub.export.end.v1";

struct BeginLine {
  std::string type;
  std::string incarnation;
  std::uint32_t partitions = 0;
};
BOOST_DESCRIBE_STRUCT(BeginLine, (), (type, incarnation, partitions))

struct ConsumedText {
  std::string source;
  std::uint64_t position = 0;
};
BOOST_DESCRIBE_STRUCT(ConsumedText, (), (source, position))

struct OutcomeText {
  std::string command_id;
  std::string body_hash;  // hexadecimal
  std::int32_t status = 0;
  std::string code;
  std::string detail;
  std::string field;
  std::string entity;
  Version version = 0;
};
BOOST_DESCRIBE_STRUCT(OutcomeText, (), (command_id, body_hash, status, code, detail, field, entity, version))

struct BatchEndLine {
  std::string type;
  PartitionId partition = 0;
  Epoch epoch = 0;
  Seq first = 0;
  Seq last = 0;
  std::uint32_t count = 0;
  std::string hash;
  Instant index_time;
  std::vector<ConsumedText> consumed;
  std::vector<OutcomeText> outcomes;
};
BOOST_DESCRIBE_STRUCT(BatchEndLine, (),
                      (type, partition, epoch, first, last, count, hash, index_time, consumed, outcomes))

struct EndLine {
  std::string type;
  std::uint64_t records = 0;
  std::uint64_t batches = 0;
};
BOOST_DESCRIBE_STRUCT(EndLine, (), (type, records, batches))

/// Members of a CloudEvent that are text in a record too.
constexpr std::pair<std::string_view, std::string Record::*> kTexts[] = {
    {"type", &Record::type},       {"subject", &Record::entity},
    {"parent", &Record::parent},   {"commandid", &Record::command_id},
    {"actor", &Record::actor},     {"org", &Record::organisation},
    {"project", &Record::project}, {"correlationid", &Record::correlation_id}};

// ---- writing

bool is_text(const Record& record) {
  return std::all_of(std::begin(kTexts), std::end(kTexts),
                     [&](const auto& member) { return is_valid_utf8(record.*member.second); });
}

BatchEndLine line_of(const Batch& batch) {
  const auto& end = batch.end;
  BatchEndLine line{std::string(kBatchEndType), batch.partition, end.epoch, end.first, end.last, end.count,
                    to_hex(end.hash),           end.index_time,  {},        {}};
  for (const auto& consumed : end.consumed) line.consumed.push_back({consumed.source, consumed.position});
  for (const auto& o : end.outcomes)
    line.outcomes.push_back(
        {o.command_id, to_hex(o.body_hash), o.status, o.code, o.detail, o.field, o.entity, o.version});
  return line;
}

Result<void> append_batch(std::string& out, const Batch& batch) {
  for (const auto& record : batch.records) {
    if (!is_text(record) || record.kind != kind_of(record.type))
      return internal_failure("log.unexportable",
                              to_text(Position{batch.partition, record.seq}) +
                                  ": the record has text that is not UTF-8, or a type of another kind");
    append_chained_cloud_event(out, record, batch.partition);
    out += '\n';
  }
  const auto start = out.size();
  append_json(out, line_of(batch));
  if (!is_valid_utf8(std::string_view(out).substr(start)))
    return internal_failure("log.unexportable", to_text(Position{batch.partition, batch.end.first}) +
                                                    ": the batch's end has text that is not UTF-8");
  out += '\n';
  return success();
}

Result<void> write(std::ostream& out, std::string& text) {
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  text.clear();
  if (!out) return unavailable("export.unwritable", "the export cannot be written");
  return success();
}

// ---- reading

using Value = simdjson::ondemand::value;

/// The bytes of a value as they stand in the line.
bool raw_bytes(Value value, std::string& out) {
  std::string_view raw;
  simdjson::ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return false;
  if (type == simdjson::ondemand::json_type::object) {
    simdjson::ondemand::object object;
    if (value.get(object) != simdjson::SUCCESS || object.raw_json().get(raw) != simdjson::SUCCESS) return false;
  } else if (type == simdjson::ondemand::json_type::array) {
    simdjson::ondemand::array array;
    if (value.get(array) != simdjson::SUCCESS || array.raw_json().get(raw) != simdjson::SUCCESS) return false;
  } else {
    raw = value.raw_json_token();
  }
  out = raw;
  return true;
}

template <class T>
bool parsed(Result<T> result, T& out) {
  if (!result) return false;
  out = std::move(result).value();
  return true;
}

bool read_chain(std::string_view hex, Record& record) {
  const auto bytes = from_hex(hex);
  if (!bytes || bytes.value().size() != record.chain.size()) return false;
  std::copy(bytes.value().begin(), bytes.value().end(), record.chain.begin());
  return true;
}

bool read_text_member(std::string_view key, std::string_view text, Record& record, Position& position) {
  if (key == "id") return parsed(parse_position(text), position);
  if (key == "time") return parsed(parse_rfc3339(text), record.time);
  if (key == "chain") return read_chain(text, record);
  if (key == "data_base64") return parsed(from_base64(text), record.data);
  for (const auto& [name, member] : kTexts)
    if (key == name) record.*member = text;
  return true;
}

bool read_member(std::string_view key, Value value, Record& record, Position& position) {
  if (key == "data") return raw_bytes(value, record.data);
  if (key == "version") return value.get(record.version) == simdjson::SUCCESS;
  if (key == "parentversion") return value.get(record.parent_version) == simdjson::SUCCESS;
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS && read_text_member(key, text, record, position);
}

/// The record of a line; `line` is given room behind its end.
bool read_record(std::string& line, Record& record, Position& position) {
  thread_local simdjson::ondemand::parser parser;
  line.reserve(line.size() + simdjson::SIMDJSON_PADDING);
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (parser.iterate(line.data(), line.size(), line.capacity()).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS)
    return false;
  for (auto field : object) {
    std::string_view key;
    Value value;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS || field.value().get(value) != simdjson::SUCCESS ||
        !read_member(key, value, record, position))
      return false;
  }
  record.kind = kind_of(record.type);
  record.seq = position.seq;
  return true;
}

bool read_end(const BatchEndLine& line, Batch& batch) {
  batch.partition = line.partition;
  auto& end = batch.end;
  end.epoch = line.epoch;
  end.first = line.first;
  end.last = line.last;
  end.count = line.count;
  end.index_time = line.index_time;
  const auto hash = from_hex(line.hash);
  if (!hash || hash.value().size() != end.hash.size()) return false;
  std::copy(hash.value().begin(), hash.value().end(), end.hash.begin());
  for (const auto& consumed : line.consumed) end.consumed.push_back({consumed.source, consumed.position});
  for (const auto& o : line.outcomes) {
    auto body_hash = from_hex(o.body_hash);
    if (!body_hash) return false;
    end.outcomes.push_back(
        {o.command_id, std::move(body_hash).value(), o.status, o.code, o.detail, o.field, o.entity, o.version});
  }
  return true;
}

bool begins_with_type(std::string_view line, std::string_view type) {
  constexpr std::string_view head = "{\"type\":\"";
  return line.substr(0, head.size()) == head && line.substr(head.size(), type.size()) == type;
}

/// Feeds the lines behind the first to an auditor.
class ExportReader {
 public:
  ExportReader(std::istream& in, Auditor& auditor) : in_(in), auditor_(auditor) {}

  void run() {
    std::string line;
    while (!ended_ && std::getline(in_, line)) {
      ++number_;
      if (!take(line)) return;
    }
    if (!ended_) fail("the export is cut short");
    if (ended_ && in_.peek() != std::istream::traits_type::eof()) fail("there is more behind the end of the export");
  }

 private:
  bool take(std::string& line) {
    if (begins_with_type(line, kBatchEndType)) return take_batch_end(line);
    if (begins_with_type(line, kEndType)) return take_end(line);
    Record record;
    Position position;
    if (!read_record(line, record, position)) return fail("not a record");
    if (!batch_.records.empty() && position.partition != partition_) return fail("a record of another partition");
    partition_ = position.partition;
    batch_.records.push_back(std::move(record));
    return true;
  }

  bool take_batch_end(const std::string& line) {
    const auto end = from_json<BatchEndLine>(line);
    if (!end || !read_end(end.value(), batch_)) return fail("not the end of a batch");
    if (!batch_.records.empty() && batch_.partition != partition_) return fail("the end of another partition's batch");
    partition_ = batch_.partition;
    return auditor_.add(std::exchange(batch_, {}));
  }

  bool take_end(const std::string& line) {
    const auto end = from_json<EndLine>(line);
    const auto& report = auditor_.so_far();
    if (!end || !batch_.records.empty() || end.value().records != report.records ||
        end.value().batches != report.batches)
      return fail("the end of the export counts other records and batches than it holds");
    return ended_ = true;
  }

  bool fail(const std::string& reason) {
    const auto known = partition_ < auditor_.partitions();
    auditor_.fail({partition_, known ? auditor_.head(partition_).seq + 1 + batch_.records.size() : 0},
                  "line " + std::to_string(number_) + ": " + reason);
    return false;
  }

  std::istream& in_;
  Auditor& auditor_;
  Batch batch_;
  PartitionId partition_ = 0;
  std::uint64_t number_ = 1;
  bool ended_ = false;
};

}  // namespace

Result<void> export_log(Log& log, std::ostream& out) {
  std::string text =
      to_json(BeginLine{std::string(kBeginType), std::to_string(log.incarnation()), log.partitions()}) + "\n";
  EndLine end{std::string(kEndType), 0, 0};
  for (PartitionId partition = 0; partition < log.partitions(); ++partition) {
    for (Seq from = 1;;) {
      HUB_TRY(const auto batches, log.read(partition, from, kReadBytes));
      if (batches.empty()) break;
      for (const auto& batch : batches) {
        HUB_TRY(append_batch(text, *batch));
        end.records += batch->records.size();
        ++end.batches;
      }
      from = batches.back()->end.last + 1;
      HUB_TRY(write(out, text));
    }
  }
  text += to_json(end) + "\n";
  HUB_TRY(write(out, text));
  out.flush();
  return success();
}

AuditReport verify_export(std::istream& in, const PublicKeys& keys, const std::optional<Checkpoint>& against) {
  std::string line;
  std::getline(in, line);
  const auto begin = from_json<BeginLine>(line);
  const bool known =
      begin && begin.value().type == kBeginType && begin.value().partitions >= 1 && begin.value().partitions <= kShards;
  if (!known) {
    AuditReport report;
    report.fault = ChainFault{{0, 0}, "line 1: not the beginning of an export"};
    return report;
  }
  Auditor auditor(begin.value().partitions, keys, against);
  ExportReader(in, auditor).run();
  // Heads that only later partitions name can no longer be looked up; their own checkpoints and lengths are checked.
  return auditor.finish([&](const SignedHead& head) {
    const auto& last = auditor.head(head.partition);
    return last.seq > head.seq || (last.seq == head.seq && last.hash == head.hash);
  });
}

}  // namespace hub::log
