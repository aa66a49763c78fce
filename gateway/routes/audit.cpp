// POST /api/v1/audit/verify: proves the record as it is now, and says how far it is, a JSON line each. For admins.
#include <atomic>
#include <utility>

#include "events/core/digest.hpp"
#include "events/core/json_codec.hpp"
#include "events/core/logging.hpp"
#include "events/log/verification.hpp"
#include "gateway/http/response.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/caller.hpp"
#include "gateway/routes/catch_up.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/routes.hpp"

namespace hub::routes {
namespace {

using http::Request;
using http::Response;
using log::Verification;

/// What is looked at before the time is looked at.
constexpr std::size_t kPieceBytes = 1 << 20;
/// How long a thread is held at a time; a line of progress comes behind each.
constexpr std::chrono::milliseconds kTurnTime{100};

std::atomic<bool> is_verifying{false};

/// The only verification that runs here, until it ends: each reads the whole record.
class Turn {
 public:
  Turn() : taken_(!is_verifying.exchange(true)) {}
  ~Turn() { end(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  bool taken() const { return taken_; }
  void end() {
    if (std::exchange(taken_, false)) is_verifying = false;
  }

 private:
  bool taken_;
};

struct Begun {
  std::string kind = "begun";
  Instant at;
  std::uint64_t records = 0;
};
BOOST_DESCRIBE_STRUCT(Begun, (), (kind, at, records))

struct Progress {
  std::string kind = "progress";
  std::string stage;
  std::uint64_t done = 0;
  std::uint64_t of = 0;
};
BOOST_DESCRIBE_STRUCT(Progress, (), (kind, stage, done, of))

struct KeyAnswer {
  std::string id;
  std::uint64_t checkpoints = 0;
};
BOOST_DESCRIBE_STRUCT(KeyAnswer, (), (id, checkpoints))

struct PartitionAnswer {
  PartitionId partition = 0;
  Seq head = 0;
  std::string hash;
  Seq signed_up_to = 0;
};
BOOST_DESCRIBE_STRUCT(PartitionAnswer, (), (partition, head, hash, signed_up_to))

struct FaultAnswer {
  std::string position;
  std::string code;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(FaultAnswer, (), (position, code, reason))

struct Outcome {
  std::string kind = "result";
  bool sound = false;
  bool copy = false;
  std::uint64_t records = 0;
  std::uint64_t batches = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t unsigned_records = 0;
  Instant from, to;
  std::vector<KeyAnswer> keys;
  std::vector<PartitionAnswer> partitions;
  std::optional<FaultAnswer> fault;
  Instant began_at, ended_at;
};
BOOST_DESCRIBE_STRUCT(Outcome, (),
                      (kind, sound, copy, records, batches, checkpoints, unsigned_records, from, to, keys, partitions,
                       fault, began_at, ended_at))

struct Run {
  Turn turn;
  Caller caller;
  std::string caller_id;
  Instant began_at;
  log::PublicKeys keys;
  std::optional<Verification> verification;
};

template <class T>
std::string line(const T& value) {
  return to_json(value) + "\n";
}

Progress progress_of(const Verification& verification) {
  Progress progress;
  progress.stage = verification.stage() == Verification::Stage::records ? "records" : "indexes";
  progress.done = verification.records_done();
  progress.of = verification.records_of();
  return progress;
}

Outcome outcome_of(const Services& services, const Run& run) {
  const auto& report = run.verification->report();
  Outcome outcome;
  outcome.sound = !report.fault;
  outcome.copy = services.log.is_shared();
  outcome.records = report.records;
  outcome.batches = report.batches;
  outcome.checkpoints = report.checkpoints;
  outcome.unsigned_records = report.unsigned_records();
  outcome.from = report.first_at;
  outcome.to = report.last_at;
  for (const auto& [id, key] : run.keys.all()) {
    const auto found = report.signed_by.find(id);
    outcome.keys.push_back({id, found == report.signed_by.end() ? 0 : found->second});
  }
  for (PartitionId id = 0; const auto& partition : report.partitions)
    outcome.partitions.push_back({id++, partition.head, to_hex(partition.hash), partition.signed_up_to});
  if (report.fault)
    outcome.fault =
        FaultAnswer{to_text(report.fault->position), report.fault->code, to_valid_utf8(report.fault->reason)};
  outcome.began_at = run.began_at;
  outcome.ended_at = services.clock();
  return outcome;
}

/// In the log of the server too: whoever asked may have gone.
void tell(const Run& run, const Outcome& outcome) {
  if (outcome.sound)
    return logging::write(logging::Level::info, "the record was verified",
                          {{"caller", run.caller_id}, {"records", outcome.records}});
  logging::write(logging::Level::error, "the record is not as it was written",
                 {{"caller", run.caller_id},
                  {"position", outcome.fault->position},
                  {"code", outcome.fault->code},
                  {"reason", outcome.fault->reason}});
}

/// As much as fits into one turn of a thread. False: that was all.
bool take_turn(Verification& verification) {
  const auto until = std::chrono::steady_clock::now() + kTurnTime;
  while (verification.step(kPieceBytes))
    if (std::chrono::steady_clock::now() >= until) return true;
  return false;
}

/// Ends when whoever asked has gone, or may not ask any more.
asio::awaitable<void> run(Services& services, std::shared_ptr<Run> state, http::BodyWriter& writer) {
  auto& verification = *state->verification;
  Begun begun;
  begun.at = state->began_at;
  begun.records = verification.records_of();
  if (!co_await writer.write(line(begun))) co_return;
  while (co_await on_blocking(services, [&] { return take_turn(verification); })) {
    const auto principal = principal_now(services, state->caller);
    if (!principal || !principal->may(accounts::Role::admin, principal->project)) co_return;
    if (!co_await writer.write(line(progress_of(verification)))) co_return;
  }
  const auto outcome = outcome_of(services, *state);
  tell(*state, outcome);
  // Who has the result may ask again at once.
  state->turn.end();
  co_await writer.write(line(outcome));
}

asio::awaitable<Response> verify(Services& services, Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  if (const auto may = require(request, accounts::Role::admin, request.principal->project); !may)
    co_return http::refuse(request, may.error());
  const auto state = std::make_shared<Run>();
  if (!state->turn.taken())
    co_return http::refuse(request, conflict("audit.being_verified", "the record is being verified for somebody"));
  state->caller = caller_of(request);
  state->caller_id = request.principal->id;
  state->began_at = services.clock();
  auto heads = log::heads_of(services.log);
  // What is signed up to these heads may name records, and be signed with keys, that are on their way to this node.
  if (const auto read = co_await catch_up(services.log, {}); !read) co_return http::refuse(request, read.error());
  auto keys = co_await on_blocking(services, [&] { return services.public_keys(); });
  if (!keys) co_return http::refuse(request, keys.error());
  state->keys = std::move(keys).value();
  state->verification.emplace(services.log, state->keys, std::move(heads));
  Response response;
  response.content_type = "application/x-ndjson";
  response.stream = [&services, state](http::BodyWriter& writer) { return run(services, state, writer); };
  co_return response;
}

}  // namespace

void add_audit(http::Router& router, Services& services) {
  http::Route route{http::Verb::post, "/api/v1/audit/verify",
                    [&services](Request& request) { return verify(services, request); }};
  route.changes_nothing = true;
  router.add(std::move(route));
}

}  // namespace hub::routes
