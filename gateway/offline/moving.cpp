#include "gateway/offline/moving.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <set>
#include <thread>

#include "events/kafka/assembler.hpp"
#include "events/kafka/committed.hpp"
#include "events/kafka/filling.hpp"
#include "events/kafka/kafka_log.hpp"
#include "events/kafka/namespace_record.hpp"
#include "events/kafka/node_keys.hpp"
#include "events/kafka/read_back.hpp"
#include "events/kafka/topics.hpp"
#include "events/kafka/transactions.hpp"
#include "gateway/offline/moving_secrets.hpp"
#include "gateway/offline/opened.hpp"
#include "gateway/offline/state_sum.hpp"
#include "gateway/offline/words.hpp"
#include "gateway/server/kinds.hpp"
#include "gateway/server/public_key_file.hpp"
#include "gateway/server/shared_log.hpp"

namespace hub::offline {
namespace {

using kafka::NamespaceRecord;
using kafka::NamespaceUse;
using kafka::Patience;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kSayEvery{1};
constexpr std::chrono::milliseconds kLookEvery{200};
constexpr std::chrono::seconds kFencePatience{10};

Duration since(Clock::time_point begun) {
  return {std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun).count()};
}

Result<std::unique_ptr<log::StoredLog>> open_stored(const server::DataFolder& folder) {
  auto opened = log::StoredLog::open(folder.log());
  if (!opened) return explained(std::move(opened).error(), folder);
  return opened;
}

PartitionSum sum_of(const log::Head& head, const StateSum& states) {
  return {head.seq, head.hash, states.value(), states.entities(), states.unfolded()};
}

Result<PartitionSum> sum_of_folder(const log::StoredLog& log, PartitionId partition, const engine::Kinds& kinds) {
  StateSum states(kinds);
  log::StoredLog::Walk walk(log, partition);
  while (true) {
    HUB_TRY(const auto batch, walk.next());
    if (!batch) return sum_of(log.head(partition), states);
    states.add(*batch);
  }
}

/// Says at most once a second how far it is.
class Saying {
 public:
  Saying(const MoveOptions& options, std::string verb, std::uint64_t all)
      : say_(options.say), verb_(std::move(verb)), all_(all) {}
  void operator()(std::uint64_t done) {
    if (Clock::now() - last_ < kSayEvery && done < all_) return;
    last_ = Clock::now();
    say_(fmt::format("{} {} of {}", verb_, cli::count_text(static_cast<std::int64_t>(done)), counted(all_, "record")));
  }

 private:
  const std::function<void(const std::string&)>& say_;
  const std::string verb_;
  const std::uint64_t all_;
  Clock::time_point last_ = Clock::now();
};

/// Reads the whole namespace back as every node does, and holds it against the folder. `resumes` is what a node's copy
/// needs to go on behind each partition.
Result<void> verify(const log::StoredLog& log, const MoveOptions& options, Moved& moved,
                    std::vector<std::string>& resumes) {
  const auto begun = Clock::now();
  const auto kinds = server::all_kinds();
  const auto topic = kafka::Topics(options.name).events;
  Saying say(options, "verified", log.records());
  std::uint64_t done = 0;
  for (PartitionId id = 0; id < log.partitions(); ++id) {
    auto here = std::async(std::launch::async, [&log, &kinds, id] { return sum_of_folder(log, id, kinds); });
    StateSum states(kinds);
    HUB_TRY(const auto there, kafka::read_back(options.brokers, topic, log.partitions(), id, [&](const auto& batch) {
              states.add(batch);
              say(done + batch.end.last);
              return Result<void>(success());
            }));
    HUB_TRY(const auto folder, here.get());
    done += there.head.seq;
    moved.partitions.push_back({folder, sum_of(there.head, states)});
    resumes.push_back(there.resume);
  }
  moved.verifying = since(begun);
  return success();
}

// ---- to Kafka

/// A namespace with a record of its own is not to be filled.
Result<void> check_empty(const MoveOptions& options, std::uint32_t partitions, const std::string& topic) {
  HUB_TRY(const auto spans, kafka::committed_spans(options.brokers, topic, partitions, Patience(kafka::kPatience)));
  const bool empty = std::all_of(spans.begin(), spans.end(), [](const auto& span) { return span.high == 0; });
  if (empty) return success();
  return conflict("migrate.other_records", "the topic " + topic + " is not empty, and holds nothing of a migration: " +
                                               "use another --namespace, or delete the topics of this one when nothing "
                                               "in them is wanted");
}

/// The namespace is there, and nobody serves it until it is filled.
Result<NamespaceRecord> prepare(const log::StoredLog& log, const MoveOptions& options) {
  const kafka::InitOptions init{options.name, options.replication, log.partitions(), options.wait, log.incarnation()};
  HUB_TRY(const auto made, kafka::init_topics(options.brokers, init, std::max(options.wait, kafka::kPatience)));
  const NamespaceRecord filling{log.partitions(), log.incarnation(), NamespaceUse::filling};
  if (made.record.use == NamespaceUse::left) {
    HUB_TRY(kafka::check_topics(options.brokers, options.name));
  }
  const kafka::Topics topics(options.name);
  // Nobody has asked for anything there that a server would carry out behind the move.
  HUB_TRY(check_empty(options, log.partitions(), topics.commands));
  if (made.record == filling) return filling;
  HUB_TRY(check_empty(options, log.partitions(), topics.events));
  if (made.record.use == NamespaceUse::filling)
    options.say("the namespace was to be filled with another log, of which nothing is there");
  HUB_TRY(
      kafka::replace_namespace_record(options.brokers, options.name, made.record, filling, Patience(kafka::kPatience)));
  return filling;
}

/// A run that was cut off behind the verification has made the folder a copy: only the last step is missing.
Result<void> check_unfinished(const log::StoredLog& log, const MoveOptions& options) {
  const Patience patience(kafka::kPatience);
  HUB_TRY(const auto record, kafka::read_namespace_record(options.brokers, options.name, patience));
  if (record && *record == NamespaceRecord{log.partitions(), log.incarnation(), NamespaceUse::filling})
    return success();
  return conflict("migrate.done",
                  "the folder is a copy of a record on Kafka already: go on with computehub serve --log kafka");
}

Result<void> announce(const log::Signer& signer, const MoveOptions& options, std::uint64_t incarnation) {
  cli::ServeOptions named;
  named.node = options.node;
  HUB_TRY(const auto node, server::node_name(named, options.folder));
  const kafka::NodeKeys keys(options.brokers, options.name, incarnation);
  HUB_TRY(keys.announce(node, signer, wall_now(), Patience(kafka::kPatience)));
  return success();
}

// ---- and back

Result<void> wait_until_nobody_is_there(const MoveOptions& options) {
  const auto group = options.name + "-engine";
  const Patience patience(options.wait);
  bool said = false;
  while (true) {
    HUB_TRY(const bool somebody, kafka::has_members(options.brokers, group, Patience(kafka::kPatience)));
    if (!somebody) return success();
    if (patience.over())
      return conflict("migrate.in_use", "nodes of the namespace " + options.name +
                                            " run: stop all of them first; one that was killed counts until its "
                                            "session times out");
    if (!std::exchange(said, true)) options.say("waiting until no node of the namespace runs");
    std::this_thread::sleep_for(kLookEvery);
  }
}

/// Reads into the folder what has been committed by now.
Result<void> catch_up(const MoveOptions& options, const NamespaceRecord& record) {
  kafka::KafkaLogOptions copy;
  copy.brokers = options.brokers;
  copy.topic = kafka::Topics(options.name).events;
  copy.transactional_id = "ch-" + options.name + "-migrate";
  copy.folder = options.folder.log();
  copy.partitions = record.partitions;
  copy.incarnation = record.incarnation;
  auto opened = kafka::open_kafka_log(std::move(copy));
  if (!opened) return explained(std::move(opened).error(), options.folder);
  return success();
}

/// Ends what the last owners left open: nothing of theirs is committed from now on.
Result<void> fence_owners(const MoveOptions& options, const log::StoredLog& log) {
  HUB_TRY(const auto resumes, log.resumes());
  std::set<std::string> ids;
  for (PartitionId id = 0; id < log.partitions(); ++id) {
    const kafka::Assembler assembler(id, log.head(id), resumes[id]);
    ids.insert(assembler.transactional_ids().begin(), assembler.transactional_ids().end());
  }
  for (const auto& id : ids) {
    HUB_TRY(kafka::Transactions::open(options.brokers, id, kFencePatience));
  }
  return success();
}

/// The folder's log with the whole record in it, and nobody who could add to that.
Result<std::unique_ptr<log::StoredLog>> complete_copy(const MoveOptions& options, const NamespaceRecord& record) {
  HUB_TRY(catch_up(options, record));
  {
    HUB_TRY(const auto log, open_stored(options.folder));
    HUB_TRY(fence_owners(options, *log));
  }
  // What they had committed by then.
  HUB_TRY(catch_up(options, record));
  return open_stored(options.folder);
}

Result<NamespaceRecord> check_copy(const MoveOptions& options) {
  HUB_TRY(const auto log, open_stored(options.folder));
  if (!log->is_copy())
    return conflict("log.not_a_copy", "the folder holds a record of its own: there is nothing to bring back");
  HUB_TRY(const auto record, kafka::look_at_namespace(options.brokers, options.name));
  if (record.partitions != log->partitions() || record.incarnation != log->incarnation())
    return conflict("log.other", "the folder holds a copy of another namespace than " + options.name);
  if (record.use == NamespaceUse::filling) {
    HUB_TRY(kafka::check_topics(options.brokers, options.name));
  }
  return record;
}

/// So that the folder alone says who has signed.
Result<void> keep_public_keys(const MoveOptions& options, std::uint64_t incarnation) {
  HUB_TRY(auto keys, load_public_keys(options.folder));
  const kafka::NodeKeys announced(options.brokers, options.name, incarnation);
  HUB_TRY(const auto read, announced.read(Patience(kafka::kPatience)));
  if (!keys.add(read.all())) return success();
  return server::write_public_keys(options.folder, keys);
}

Result<Moved> bring_back(const MoveOptions& options, const NamespaceRecord& record) {
  // Again, for one may have started before the namespace said that it is left.
  HUB_TRY(wait_until_nobody_is_there(options));
  Moved moved;
  const auto begun = Clock::now();
  HUB_TRY(const auto log, complete_copy(options, record));
  moved.copying = since(begun);
  moved.records = log->records();
  HUB_TRY(keep_public_keys(options, record.incarnation));
  std::vector<std::string> resumes;
  HUB_TRY(verify(*log, options, moved, resumes));
  if (!moved.is_equal()) return moved;
  HUB_TRY(moved.secrets, move_secrets_to_folder(options));
  log->make_own();
  return moved;
}

}  // namespace

bool Moved::is_equal() const {
  return std::all_of(partitions.begin(), partitions.end(),
                     [](const Compared& each) { return each.folder == each.kafka; });
}

Result<Moved> move_to_kafka(const MoveOptions& options) {
  HUB_TRY(const auto log, open_stored(options.folder));
  if (log->is_copy()) {
    HUB_TRY(check_unfinished(*log, options));
  }
  HUB_TRY(const auto signer, server::open_signer_of(options.folder, log->records() > 0));
  HUB_TRY(const auto record, prepare(*log, options));
  HUB_TRY(announce(signer, options, log->incarnation()));
  Moved moved;
  moved.records = log->records();
  const auto begun = Clock::now();
  HUB_TRY(const auto filled,
          kafka::fill_namespace(*log, {options.brokers, options.name, Saying(options, "copied", log->records())}));
  moved.copying = since(begun);
  moved.copied = filled.records;
  moved.transactions = filled.transactions;
  std::vector<std::string> resumes;
  HUB_TRY(verify(*log, options, moved, resumes));
  if (!moved.is_equal()) return moved;
  HUB_TRY(moved.secrets, move_secrets_to_kafka(options));
  log->make_copy(resumes);
  HUB_TRY(kafka::replace_namespace_record(options.brokers, options.name, record,
                                          {record.partitions, record.incarnation, NamespaceUse::open},
                                          Patience(kafka::kPatience)));
  return moved;
}

Result<Moved> move_to_embedded(const MoveOptions& options) {
  HUB_TRY(const auto record, check_copy(options));
  const NamespaceRecord left{record.partitions, record.incarnation, NamespaceUse::left};
  HUB_TRY(wait_until_nobody_is_there(options));
  HUB_TRY(kafka::replace_namespace_record(options.brokers, options.name, record, left, Patience(kafka::kPatience)));
  auto moved = bring_back(options, record);
  if (moved && moved.value().is_equal()) return moved;
  // The record still lives on Kafka.
  const auto reopened = kafka::replace_namespace_record(options.brokers, options.name, left,
                                                        {record.partitions, record.incarnation, NamespaceUse::open},
                                                        Patience(kafka::kPatience));
  if (!reopened) options.say("the namespace is still closed: run it again when the brokers answer");
  return moved;
}

}  // namespace hub::offline
