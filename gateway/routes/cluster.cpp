// GET /api/v1/system/cluster: who owns what, how far this node is behind, and how its transactions do.
#include "gateway/routes/cluster.hpp"

#include "events/core/json_codec.hpp"
#include "gateway/http/response.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/routes.hpp"

namespace hub::routes {
namespace {

using http::Request;
using http::Response;

constexpr double kMicrosPerSecond = 1e6;
/// As many as are listed.
constexpr std::size_t kLettersCounted = 10'000;

struct LagAnswer {
  std::uint64_t records = 0;
  double seconds = 0;
};
BOOST_DESCRIBE_STRUCT(LagAnswer, (), (records, seconds))

struct LagsAnswer {
  LagAnswer copy;
  LagAnswer projections;
};
BOOST_DESCRIBE_STRUCT(LagsAnswer, (), (copy, projections))

struct PartitionAnswer {
  PartitionId partition = 0;
  std::optional<std::string> owner;
  Epoch epoch = 0;
  Instant since;
  Seq head = 0;
  bool owned_here = false;
  std::optional<std::string> fault;
  LagsAnswer lag;
};
BOOST_DESCRIBE_STRUCT(PartitionAnswer, (), (partition, owner, epoch, since, head, owned_here, fault, lag))

struct NodeAnswer {
  std::string name;
  Instant since;
  std::uint64_t partitions = 0;
};
BOOST_DESCRIBE_STRUCT(NodeAnswer, (), (name, since, partitions))

struct TransactionsAnswer {
  std::uint64_t count = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  std::uint64_t recycles = 0;
  std::uint64_t fences = 0;
  std::uint64_t voids = 0;
};
BOOST_DESCRIBE_STRUCT(TransactionsAnswer, (), (count, p50_ms, p99_ms, recycles, fences, voids))

struct ClusterAnswer {
  std::string node;
  std::string log;  ///< "kafka" or "embedded"
  bool brokers_away = false;
  double brokers_silent_seconds = 0;
  std::uint64_t dead_letters = 0;
  std::uint64_t foreign_records = 0;
  std::uint64_t commands_waiting = 0;
  std::vector<PartitionAnswer> partitions;
  std::vector<NodeAnswer> nodes;
  TransactionsAnswer transactions;
};
BOOST_DESCRIBE_STRUCT(ClusterAnswer, (),
                      (node, log, brokers_away, brokers_silent_seconds, dead_letters, foreign_records, commands_waiting,
                       partitions, nodes, transactions))

LagAnswer answer_of(const LagView& lag) {
  return {lag.records, static_cast<double>(lag.time.micros) / kMicrosPerSecond};
}

ClusterAnswer answer_of(const ClusterView& view) {
  ClusterAnswer answer;
  answer.node = view.node;
  answer.log = view.shared ? "kafka" : "embedded";
  answer.brokers_away = view.brokers_away;
  answer.brokers_silent_seconds = static_cast<double>(view.silence.micros) / kMicrosPerSecond;
  answer.foreign_records = view.foreign_records;
  answer.commands_waiting = view.commands_waiting;
  for (const auto& each : view.partitions) {
    auto& made = answer.partitions.emplace_back();
    made.partition = each.partition;
    if (!each.owner.empty()) made.owner = each.owner;
    made.epoch = each.epoch;
    made.since = each.since;
    made.head = each.head;
    made.owned_here = each.owned_here;
    if (!each.fault.empty()) made.fault = each.fault;
    made.lag = {answer_of(each.copy), answer_of(each.projections)};
  }
  for (const auto& node : view.nodes) answer.nodes.push_back({node.name, node.since, node.partitions});
  const auto& done = view.transactions;
  answer.transactions = {done.count, done.p50_ms, done.p99_ms, done.recycles, done.fences, done.voids};
  return answer;
}

asio::awaitable<Response> get_cluster(Services& services, Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  if (const auto may = require(request, accounts::Role::admin, request.principal->project); !may)
    co_return http::refuse(request, may.error());
  co_return http::answer(co_await on_blocking(services, [&] {
    auto answer = answer_of(services.cluster());
    answer.dead_letters = services.engine.store().dead_letters(kLettersCounted).size();
    return to_json(answer);
  }));
}

}  // namespace

void add_cluster(http::Router& router, Services& services) {
  router.add({http::Verb::get, "/api/v1/system/cluster",
              [&services](Request& request) { return get_cluster(services, request); }});
}

}  // namespace hub::routes
