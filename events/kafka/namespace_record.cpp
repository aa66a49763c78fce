#include "events/kafka/namespace_record.hpp"

#include <cstring>

#include "events/core/digest.hpp"
#include "events/core/json_codec.hpp"
#include "events/kafka/control_topic.hpp"

namespace hub::kafka {

BOOST_DESCRIBE_ENUM(NamespaceUse, open, filling, left)

namespace {

using Topic = std::unique_ptr<rd_kafka_topic_t, Destroyer<rd_kafka_topic_destroy>>;

constexpr std::string_view kKey = "namespace";
constexpr std::size_t kIncarnationDigits = 16;
constexpr std::int32_t kPartition = 0;

struct NamespaceJson {
  std::uint32_t partitions = 0;
  std::string incarnation;
  std::optional<NamespaceUse> use;  ///< open when it is not there
  static constexpr std::string_view required[] = {"partitions", "incarnation"};
};
BOOST_DESCRIBE_STRUCT(NamespaceJson, (), (partitions, incarnation, use))

Result<void> step(rd_kafka_error_t* error, std::string_view doing) {
  if (error == nullptr) return success();
  const Error owned(error);
  return failure_of(rd_kafka_error_code(error), doing, rd_kafka_error_string(error));
}

Failure changed(const std::string& name) {
  return conflict("kafka.namespace_changed", "the record of the namespace " + name +
                                                 " is another than it was a moment ago: somebody else works on it");
}

/// Fences whoever writes a record for this namespace now.
Result<Client> open_writer(const Brokers& brokers, const std::string& name, const Patience& patience) {
  Settings settings{{"transactional.id", "ch-" + name + "-init"}, {"transaction.timeout.ms", "10000"}};
  settings.insert(kQuiet.begin(), kQuiet.end());
  HUB_TRY(auto conf, make_conf(brokers, settings));
  HUB_TRY(auto client, make_client(RD_KAFKA_PRODUCER, std::move(conf)));
  while (true) {
    const Error error(rd_kafka_init_transactions(client.get(), patience.slice_ms(patience.left_ms())));
    if (!error) return client;
    if (!rd_kafka_error_is_retriable(error.get()) || patience.over())
      return failure_of(rd_kafka_error_code(error.get()), "the namespace record could not be written",
                        rd_kafka_error_string(error.get()));
  }
}

Result<void> write(rd_kafka_t* writer, const std::string& topic, std::string value, const Patience& patience) {
  constexpr auto kDoing = "the namespace record could not be written";
  HUB_TRY(step(rd_kafka_begin_transaction(writer), kDoing));
  const Topic handle(rd_kafka_topic_new(writer, topic.c_str(), nullptr));
  if (!handle || rd_kafka_produce(handle.get(), kPartition, RD_KAFKA_MSG_F_COPY, value.data(), value.size(),
                                  kKey.data(), kKey.size(), nullptr) != 0)
    return failure_of(rd_kafka_last_error(), kDoing);
  return step(rd_kafka_commit_transaction(writer, patience.slice_ms(patience.left_ms())), kDoing);
}

/// Writes `next` when `before` is in force by the time that others are fenced; answers what is in force then.
Result<NamespaceRecord> write_record(const Brokers& brokers, const std::string& name,
                                     const std::optional<NamespaceRecord>& before, const NamespaceRecord& next,
                                     const Patience& patience) {
  HUB_TRY(const auto writer, open_writer(brokers, name, patience));
  // From here on nobody who began before can commit; what was committed is read.
  HUB_TRY(const auto found, read_namespace_record(brokers, name, patience));
  if (found != before) return found ? Result<NamespaceRecord>(*found) : changed(name);
  HUB_TRY(write(writer.get(), Topics(name).control, to_json_text(next), patience));
  return next;
}

}  // namespace

std::string to_json_text(const NamespaceRecord& record) {
  NamespaceJson json{record.partitions, {}, {}};
  if (record.use != NamespaceUse::open) json.use = record.use;
  for (int shift = 56; shift >= 0; shift -= 8)
    json.incarnation += static_cast<char>(record.incarnation >> static_cast<unsigned>(shift));
  json.incarnation = to_hex(json.incarnation);
  return to_json(json);
}

Result<NamespaceRecord> parse_namespace_record(std::string_view json) {
  const auto bad = [](std::string_view why) {
    return conflict("kafka.namespace_record",
                    "the namespace record is not one that this release can read (" + std::string(why) +
                        "): another program wrote to the topic, or a newer release made the namespace");
  };
  const auto read = from_json<NamespaceJson>(json, ReadMode::lenient);
  if (!read) return bad(read.error().field + " " + read.error().detail);
  const auto digits = from_hex(read.value().incarnation);
  if (!digits || read.value().incarnation.size() != kIncarnationDigits) return bad("incarnation: not 16 digits");
  if (read.value().partitions < 1 || read.value().partitions > kPartitionsMax) return bad("partitions: not 1 to 1,024");
  NamespaceRecord record{read.value().partitions, 0, read.value().use.value_or(NamespaceUse::open)};
  for (const char digit : digits.value())
    record.incarnation = record.incarnation << 8U | static_cast<unsigned char>(digit);
  return record;
}

Result<std::optional<NamespaceRecord>> read_namespace_record(const Brokers& brokers, const std::string& name,
                                                             const Patience& patience) {
  std::optional<std::string> last;
  HUB_TRY(read_control(brokers, name, patience, [&last](std::string_view key, std::optional<std::string_view> value) {
    if (key == kKey) last = value;
  }));
  if (!last) return std::optional<NamespaceRecord>();
  HUB_TRY(const auto record, parse_namespace_record(*last));
  return std::optional<NamespaceRecord>(record);
}

Result<NamespaceRecord> ensure_namespace_record(const Brokers& brokers, const std::string& name,
                                                const NamespaceRecord& wanted, const Patience& patience) {
  std::optional<Failure> failed;
  while (true) {
    const auto found = read_namespace_record(brokers, name, patience);
    if (!found) return failed ? *failed : found.error();
    if (found.value()) return *found.value();
    auto written = write_record(brokers, name, std::nullopt, wanted, patience);
    if (patience.over() || (!written && written.error().kind != FailureKind::unavailable)) return written;
    // Written, and its transaction's mark may be under way still, which the next writer waits for; or fenced by
    // somebody who writes it now, or not known whether it is there: the topic tells.
    if (!written) failed = std::move(written).error();
  }
}

Result<void> replace_namespace_record(const Brokers& brokers, const std::string& name, const NamespaceRecord& before,
                                      const NamespaceRecord& next, const Patience& patience) {
  while (true) {
    HUB_TRY(const auto found, read_namespace_record(brokers, name, patience));
    if (found == next) return success();
    if (found != before) return changed(name);
    const auto written = write_record(brokers, name, before, next, patience);
    const bool certain = written || written.error().kind != FailureKind::unavailable;
    if (!written && (certain || patience.over())) return written.error();
    if (written && written.value() != next) return changed(name);
    if (patience.over()) return success();
  }
}

std::uint64_t draw_incarnation() {
  std::uint64_t incarnation = 0;
  const auto drawn = random_bytes(sizeof incarnation);
  std::memcpy(&incarnation, drawn.data(), sizeof incarnation);
  return incarnation;
}

}  // namespace hub::kafka
