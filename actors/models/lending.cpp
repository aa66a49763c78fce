#include "actors/models/lending.hpp"

#include <algorithm>
#include <set>

#include "events/core/json_codec.hpp"
#include "events/core/overloaded.hpp"

namespace hub::models {
namespace {

bool is_well(const State& state) {
  const auto& breaker = state.breaker;
  return state.status == Status::online && !breaker.until && breaker.cool_downs == 0;
}

/// As a lender.
bool is_away(const State& state) {
  return state.deleted || state.status != Status::online || state.breaker.until;
}

bool is_away(const State& state, const std::string& lender) {
  return std::find(state.away.begin(), state.away.end(), lender) != state.away.end();
}

std::size_t borrowed(const State& state) {
  return static_cast<std::size_t>(
      std::count_if(state.calls.begin(), state.calls.end(), [](const Call& call) { return call.loan.has_value(); }));
}

/// Slots of others that may be asked for or in use at a time.
std::size_t window(const State& state) {
  const auto slots = static_cast<std::size_t>(std::max(state.spec.max_workers, 0));
  return slots - std::min(slots, borrowed(state));
}

struct Seeker {
  std::string task;
  TaskRow row;
  std::size_t from = 0;  ///< the first fallback that it may go to
};

/// Those that may be called elsewhere, the first first.
std::vector<Seeker> seekers(const State& state) {
  const auto count = window(state);
  auto line = first_seeking(state, count);
  if (!is_well(state))
    for (auto& ready : first_ready(state, count)) line.push_back(std::move(ready));
  std::sort(line.begin(), line.end(), [](const Waiting& one, const Waiting& other) { return one.key < other.key; });
  if (line.size() > count) line.resize(count);
  std::vector<Seeker> found;
  for (auto& each : line) {
    auto row = known_task_row(state, each.task);
    const auto from = static_cast<std::size_t>(row.seeks.value_or(0));
    found.push_back({std::move(each.task), std::move(row), from});
  }
  return found;
}

std::optional<std::size_t> place_of(const State& state, const std::string& lender) {
  const auto& fallbacks = state.spec.fallbacks;
  const auto found = std::find(fallbacks.begin(), fallbacks.end(), lender);
  if (found == fallbacks.end()) return std::nullopt;
  return static_cast<std::size_t>(found - fallbacks.begin());
}

ModelSlotGivenBack unused(const State& state, const tasks::Loan& loan) {
  ModelSlotGivenBack back;
  back.lender = loan.lender;
  back.number = loan.number;
  back.last = state.asked;
  return back;
}

template <class Command>
engine::Message to(const std::string& entity, const Command& command) {
  return {entity, std::string(Command::type), to_json(command)};
}

void tell_guests(const State& state, std::string_view entity, std::vector<engine::Message>& messages) {
  if (!is_away(state)) return;
  std::set<std::string> borrowers;
  for (const auto& guest : state.guests) borrowers.insert(guest.borrower);
  for (const auto& borrower : borrowers) messages.push_back(to(borrower, ReportLenderAway{std::string(entity)}));
}

/// An event behind which there may be more that others could take.
bool may_seek(const Event& event) {
  return std::visit(
      overloaded{[](const tasks::TaskSubmitted& e) { return !e.starts; },
                 [](const tasks::TaskRequeued& e) { return !e.starts; },
                 [](const tasks::TaskAttemptFailed&) { return true; }, [](const ModelChanged&) { return true; },
                 [](const ModelStatusSet&) { return true; }, [](const ModelCooledDown&) { return true; },
                 [](const ModelWoken&) { return true; }, [](const ModelLenderAway&) { return true; },
                 [](const ModelSlotGivenBack&) { return true; }, [](const auto&) { return false; }},
      event);
}

}  // namespace

Result<Events> decide_seek(const State& state) {
  const auto& fallbacks = state.spec.fallbacks;
  Events events;
  std::vector<std::size_t> needed(fallbacks.size(), 0), asked(fallbacks.size(), 0);
  for (const auto& ask : state.asks)
    if (const auto place = place_of(state, ask.lender)) ++asked[*place];
  auto number = state.asked;
  for (const auto& seeker : seekers(state)) {
    auto place = seeker.from;
    while (place < fallbacks.size() && is_away(state, fallbacks[place])) ++place;
    if (place >= fallbacks.size() || ++needed[place] <= asked[place]) continue;
    events.emplace_back(ModelSlotAsked{fallbacks[place], ++number, seeker.row.priority});
  }
  return events;
}

Result<Events> decide_grant(const State& state, const GrantSlot& c) {
  const auto place = place_of(state, c.loan.lender);
  const auto is_asked = std::any_of(state.asks.begin(), state.asks.end(), [&](const Ask& ask) {
    return ask.lender == c.loan.lender && ask.number == c.loan.number;
  });
  if (place && is_asked)
    for (const auto& seeker : seekers(state)) {
      if (seeker.from > *place) continue;
      tasks::TaskStarted started;
      started.task = seeker.task;
      started.version = seeker.row.version + 1;
      started.attempt = seeker.row.attempts + 1;
      started.loan = c.loan;
      return Events{std::move(started)};
    }
  return Events{unused(state, c.loan)};
}

Result<Events> decide_lender_away(const State& state, const ReportLenderAway& c) {
  if (!place_of(state, c.lender) || is_away(state, c.lender)) return Events{};
  return Events{ModelLenderAway{c.lender}};
}

Result<Events> decide_ask(const State& state, const AskSlot& c) {
  Events events{ModelSlotBooked{c.borrower, c.number, c.priority}};
  // Nobody waits while a slot is free.
  if (!state.deleted && free_slots(outlook_of(state)) > 0) events.emplace_back(ModelSlotLent{c.borrower, c.number});
  return events;
}

Result<Events> decide_return(const State& state, const ReturnSlot& c, const engine::Context& context) {
  const auto is_its = [&](const auto& each) { return each.borrower == c.borrower && each.number == c.number; };
  const bool is_lent = std::any_of(state.lent.begin(), state.lent.end(), is_its);
  if (!is_lent) return Events{};
  auto outlook = outlook_of(state);
  --outlook.calls;
  std::optional<Instant> until;
  if (c.use == SlotUse::completed) succeed(outlook.breaker);
  if (c.use == SlotUse::failed) until = fail(outlook.breaker, context.now);
  if (c.use == SlotUse::slowed) until = slow_down(outlook.breaker, c.retry_after, context.now);
  const auto last = c.use == SlotUse::unused ? c.last : 0;
  Events events;
  events.emplace_back(ModelSlotReturned{c.borrower, c.number, last, c.use, outlook.breaker.failures});
  if (until) events.emplace_back(ModelCooledDown{*until, c.code});
  const auto is_gone = [&](const Guest& guest) { return guest.borrower == c.borrower && guest.number <= last; };
  give_slots(state, outlook, {}, events, is_gone);
  return events;
}

ModelSlotGivenBack given_back(const State& state, const tasks::Loan& loan, const ReportCallEnded& report) {
  auto back = unused(state, loan);
  back.use = report.verdict == Verdict::completed   ? SlotUse::completed
             : report.verdict == Verdict::retry     ? SlotUse::failed
             : report.verdict == Verdict::slow_down ? SlotUse::slowed
                                                    : SlotUse::ended;
  back.code = report.end.code;
  back.retry_after = report.retry_after;
  return back;
}

std::optional<std::int32_t> next_fallback(const State& state, const std::optional<std::string>& lender) {
  const auto place = lender ? place_of(state, *lender) : std::nullopt;
  if (lender && !place) return std::nullopt;
  const auto next = place ? *place + 1 : 0;
  if (next >= state.spec.fallbacks.size()) return std::nullopt;
  return static_cast<std::int32_t>(next);
}

void evolve_lending(State& state, const ModelSlotAsked& e) {
  state.asked = e.number;
  state.asks.push_back({e.lender, e.number});
}

void evolve_lending(State& state, const ModelSlotBooked& e) {
  state.guests.push_back({e.borrower, e.number, e.priority, state.submissions});
}

void evolve_lending(State& state, const ModelSlotLent& e) {
  std::erase_if(state.guests,
                [&](const Guest& guest) { return guest.borrower == e.borrower && guest.number == e.number; });
  state.lent.push_back({e.borrower, e.number});
}

void evolve_lending(State& state, const ModelLenderAway& e) {
  state.away.push_back(e.lender);
}

void evolve_lending(State& state, const ModelSlotGivenBack& e) {
  if (e.use != SlotUse::unused) return;
  std::erase(state.away, e.lender);
  std::erase_if(state.asks, [&](const Ask& ask) { return ask.lender == e.lender && ask.number <= e.last; });
}

void evolve_lending(State& state, const ModelSlotReturned& e) {
  const auto is_its = [&](const auto& each) { return each.borrower == e.borrower; };
  std::erase_if(state.lent, [&](const Lent& lent) { return is_its(lent) && lent.number == e.number; });
  std::erase_if(state.guests, [&](const Guest& guest) { return is_its(guest) && guest.number <= e.last; });
  state.breaker.failures = e.failures_in_a_row;
  if (e.use == SlotUse::completed) succeed(state.breaker);
}

void evolve_borrowed(State& state, const tasks::Loan& loan) {
  std::erase(state.away, loan.lender);
  std::erase_if(state.asks, [&](const Ask& ask) { return ask.lender == loan.lender && ask.number == loan.number; });
}

std::vector<engine::Message> lending_messages(const State& state, const Event& event, std::string_view entity) {
  const std::string self(entity);
  std::vector<engine::Message> messages;
  std::visit(
      overloaded{[&](const ModelSlotAsked& e) {
                   messages.push_back(to(e.lender, AskSlot{self, e.number, e.priority}));
                 },
                 [&](const ModelSlotBooked& e) {
                   if (is_away(state)) messages.push_back(to(e.borrower, ReportLenderAway{self}));
                 },
                 [&](const ModelSlotLent& e) {
                   messages.push_back(to(e.borrower, GrantSlot{{self, e.number, {to_json(state.spec)}}}));
                 },
                 [&](const ModelSlotGivenBack& e) {
                   messages.push_back(to(e.lender, ReturnSlot{self, e.number, e.last, e.use, e.code, e.retry_after}));
                 },
                 [&](const ModelCooledDown&) { tell_guests(state, entity, messages); },
                 [&](const ModelStatusSet&) { tell_guests(state, entity, messages); },
                 [&](const ModelDeleted&) { tell_guests(state, entity, messages); }, [](const auto&) {}},
      event);
  if (!state.spec.fallbacks.empty() && state.pending > 0 && may_seek(event)) messages.push_back(to(self, SeekSlots{}));
  return messages;
}

}  // namespace hub::models
