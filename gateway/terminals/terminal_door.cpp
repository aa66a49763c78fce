#include "gateway/terminals/terminal_door.hpp"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "actors/deployments/deployment.hpp"
#include "events/core/ids.hpp"
#include "events/core/logging.hpp"
#include "gateway/http/guard.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/caller.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/deployment_access.hpp"
#include "gateway/terminals/terminal_socket.hpp"

namespace hub::terminals {
namespace {

constexpr std::uint64_t kSizeMax = 1'000;
constexpr std::size_t kNameSizeMax = 64;
constexpr std::uint64_t kReceivedMax = 1ULL << 53;
constexpr std::string_view kSystem = "system";
constexpr std::chrono::seconds kTellAgain{10};

Failure stopping() {
  return unavailable("server.stopping", "the server is stopping; try again");
}

bool is_name(std::string_view text) {
  return text.size() <= kNameSizeMax && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

/// Only deployments that run on this machine have a shell here.
Result<void> check_place(const routes::Services& services, const deployments::Item& item, std::string_view id) {
  if (item.provider != "local") return conflict("terminal.none", "deployments of this provider have no terminal here");
  if (item.status != deployments::Status::running)
    return conflict("terminal.not_running", "the deployment does not run now");
  if (services.workspace_of && services.workspace_of(id).empty())
    return conflict("terminal.elsewhere", "it runs on another machine; its terminal can be asked for there only");
  return success();
}

/// With the rights of now: they may have gone since the request came.
bool may_still(const routes::Services& services, const http::Request& request, const std::string& project) {
  const auto credential = http::credential_of(request, true);
  if (!credential) return false;
  const auto& [kind, secret] = credential.value();
  const auto principal = routes::principal_now(services, {kind, std::string(secret)});
  return principal != nullptr && principal->may(accounts::Role::dev, project);
}

Reason revoked() {
  return {"auth.revoked", "the right to this shell has gone", {}, {}, {}};
}

}  // namespace

TerminalDoor::TerminalDoor(DoorOptions options, routes::Services& services)
    : options_(std::move(options)),
      marks_(options_.folder),
      services_(services),
      work_(context_.get_executor()),
      tell_again_(context_),
      thread_([this] { context_.run(); }) {
  pthread_setname_np(thread_.native_handle(), "hub-terminals");
}

TerminalDoor::~TerminalDoor() {
  stop();
}

Result<Wish> TerminalDoor::wish_of(const http::Request& request) {
  const auto& query = request.query;
  HUB_TRY(query.only({"session", "cols", "rows", "resume", "received"}));
  HUB_TRY(const auto item, routes::deployment_of(services_, request, accounts::Role::dev));
  HUB_TRY(check_place(services_, item, request.param("id")));
  const auto& principal = *request.principal;
  Wish wish{std::string(request.param("id")),
            principal.organisation,
            item.project,
            principal.id,
            principal.session,
            std::string(query.get("session").value_or(std::string_view()))};
  if (!is_name(wish.name)) return invalid("query.range", "must be of 1 to 64 letters, digits, '-' or '_'", "session");
  // Nobody can come back to what has no name.
  if (wish.name.empty()) wish.name = "." + random_command_id();
  HUB_TRY(const auto cols, query.number("cols", 1, kSizeMax));
  HUB_TRY(const auto rows, query.number("rows", 1, kSizeMax));
  wish.size.cols = static_cast<std::uint16_t>(cols.value_or(wish.size.cols));
  wish.size.rows = static_cast<std::uint16_t>(rows.value_or(wish.size.rows));
  HUB_TRY(wish.resume, query.flag("resume"));
  HUB_TRY(wish.received, query.number("received", 0, kReceivedMax));
  wish.request_id = request.id;
  return wish;
}

http::Route TerminalDoor::route() {
  http::Route route;
  route.verb = http::Verb::get;
  route.pattern = "/api/v1/deployments/{id}/terminal";
  route.access = http::Access::token;
  route.admit = [this](const http::Request& request) -> Result<void> {
    HUB_TRY(wish_of(request));
    return success();
  };
  route.upgrade = [this](http::Request& request, http::Upgraded connection) -> asio::awaitable<void> {
    auto wish = wish_of(request);
    if (!wish) {
      connection.transport->close();
      co_return;
    }
    const auto project = wish.value().project;
    const auto still = [this, &request, &project] { return may_still(services_, request, project); };
    const auto executor = co_await asio::this_coro::executor;
    const auto socket =
        std::make_shared<TerminalSocket>(*this, executor, connection.transport, std::move(wish).value(), still);
    co_await socket->run(std::move(connection.received));
  };
  return route;
}

/// Needs the lock. A deployment whose supervisor does not answer may take no more than one thread at a time.
Result<void> TerminalDoor::check_room(const Key& key) const {
  std::size_t of_deployment = 0, of_principal = 0;
  for (const auto& [other, entry] : entries_) {
    if (other.principal == key.principal) ++of_principal;
    if (other.deployment != key.deployment) continue;
    ++of_deployment;
    if (!entry.terminal) return conflict("terminal.opening", "a shell is being opened there; try again");
  }
  if (entries_.size() < options_.terminals_max && of_deployment < options_.of_deployment_max &&
      of_principal < options_.of_principal_max)
    return success();
  return Failure{FailureKind::too_many, "terminal.too_many", "as many shells as may be are open", "", 0};
}

Result<TerminalDoor::TerminalPtr> TerminalDoor::look_for(const Wish& wish) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return stopping();
  const Key key{wish.deployment, wish.principal, wish.name};
  if (const auto found = entries_.find(key); found != entries_.end() && found->second.terminal) {
    found->second.session = wish.session;
    return found->second.terminal;
  }
  if (wish.resume && !entries_.contains(key)) return not_found("terminal.gone", "the shell has ended");
  HUB_TRY(check_room(key));
  entries_.emplace(key, Entry{nullptr, wish.project, wish.session});
  return TerminalPtr();
}

asio::awaitable<Result<TerminalDoor::TerminalPtr>> TerminalDoor::terminal_for(const Wish& wish) {
  auto found = look_for(wish);
  if (!found || found.value()) co_return found;
  Reservation place(*this, {wish.deployment, wish.principal, wish.name});
  auto opened = co_await open(wish);
  if (opened) place.keep();
  co_return opened;
}

asio::awaitable<Result<TerminalDoor::Recorded>> TerminalDoor::record_opening(const Wish& wish,
                                                                             const Marks::Mark& mark) {
  engine::Input input;
  input.entity = wish.deployment;
  input.type = deployments::OpenTerminal::type;
  input.data = deployments::encode_command(deployments::OpenTerminal{mark.terminal});
  input.command_id = random_command_id();
  input.actor = wish.principal;
  input.organisation = wish.organisation;
  input.project = wish.project;
  input.correlation_id = wish.request_id;
  input.deadline = services_.clock() + routes::kCommandPatience;
  const auto reply = co_await routes::send(services_, std::move(input));
  if (!reply) co_return reply.error();
  if (reply.value().pending) co_return Recorded::unknown;
  if (!reply.value().refusal) co_return Recorded::yes;
  if (reply.value().refusal->kind == FailureKind::unavailable) co_return Recorded::unknown;
  co_return *reply.value().refusal;
}

asio::awaitable<Result<TerminalDoor::TerminalPtr>> TerminalDoor::open(const Wish& wish) {
  const Marks::Mark mark{wish.deployment, derive_id(deployments::kTerminalPrefix, random_command_id(), 0)};
  const auto noted = co_await routes::on_blocking(services_, [&] { return marks_.set(mark); });
  if (!noted) co_return noted.error();
  const auto recorded = co_await record_opening(wish, mark);
  if (!recorded) {
    marks_.remove(mark);
    co_return recorded.error();
  }
  const auto end_with = [&](const Failure& why) {
    record_end({mark, std::string(kSystem), {why.code, why.detail, {}, {}, {}}});
  };
  if (recorded.value() == Recorded::unknown) {
    // If it was, its end lies behind it; if it was not, nobody was given a shell.
    const auto why = unavailable("log.unavailable", "nobody has decided it in time; try again");
    end_with(why);
    co_return why;
  }
  auto shell = co_await routes::on_blocking(services_, [&] { return options_.open_shell(wish.deployment, wish.size); });
  if (!shell) {
    end_with(shell.error());
    co_return std::move(shell).error();
  }
  auto begun = begin(wish, mark, std::move(shell).value());
  if (!begun) end_with(begun.error());
  co_return begun;
}

Result<TerminalDoor::TerminalPtr> TerminalDoor::begin(const Wish& wish, const Marks::Mark& mark,
                                                      providers::local::Shell shell) {
  const Key key{wish.deployment, wish.principal, wish.name};
  const auto over = [this, key, mark](const Reason& why) {
    // Who ended it by himself is the one who had it.
    const bool by_itself = why.code == "terminal.exited" || why.code == "terminal.closed";
    record_end({mark, by_itself ? key.principal : std::string(kSystem), why});
    forget(key);
  };
  TerminalPtr terminal;
  try {
    terminal = std::make_shared<Terminal>(context_, std::move(shell), options_.linger, over);
  } catch (const std::exception& thrown) {
    return unavailable("terminal.unavailable", std::string("the terminal cannot be served: ") + thrown.what());
  }
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return stopping();
    entries_[key].terminal = terminal;
  }
  terminal->start();
  logging::write(logging::Level::info, "a terminal is open",
                 {{"deployment", wish.deployment}, {"terminal", mark.terminal}, {"caller", wish.principal}});
  return terminal;
}

void TerminalDoor::record_end(End end) {
  logging::write(logging::Level::info, "a terminal is closed",
                 {{"deployment", end.mark.deployment}, {"terminal", end.mark.terminal}, {"code", end.why.code}});
  engine::Input input;
  input.entity = end.mark.deployment;
  input.type = deployments::CloseTerminal::type;
  input.data = deployments::encode_command(deployments::CloseTerminal{end.mark.terminal, end.why});
  // Told twice, it is recorded once.
  input.command_id = command_id_of_key(end.mark.deployment, kSystem, "close " + end.mark.terminal);
  input.actor = end.actor;
  const auto told = services_.engine.submit(std::move(input), [this, end](const engine::Reply& reply) {
    const bool may_pass = reply.refusal && reply.refusal->kind == FailureKind::unavailable;
    if (may_pass || reply.pending) return record_later(end);
    marks_.remove(end.mark);
  });
  if (!told) record_later(std::move(end));
}

/// What is not told before the server ends is marked still, and told of by the next one.
void TerminalDoor::record_later(End end) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  untold_.push_back(std::move(end));
  if (untold_.size() > 1) return;
  asio::post(context_, [this] {
    tell_again_.expires_after(kTellAgain);
    tell_again_.async_wait([this](const error_code& error) {
      if (error) return;
      std::vector<End> untold;
      {
        const std::lock_guard again(mutex_);
        untold.swap(untold_);
      }
      for (auto& each : untold) record_end(std::move(each));
    });
  });
}

void TerminalDoor::tell_of_lost() {
  for (const auto& mark : marks_.all())
    record_end({mark, std::string(kSystem), {"server.restarted", "the server that had it has ended", {}, {}, {}}});
}

void TerminalDoor::forget(const Key& key) {
  const std::lock_guard lock(mutex_);
  entries_.erase(key);
  if (entries_.empty()) none_left_.notify_all();
}

void TerminalDoor::close_all(const Reason& why, const std::function<bool(const Key&, const Entry&)>& which) {
  std::vector<TerminalPtr> those;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, entry] : entries_)
      if (entry.terminal && which(key, entry)) those.push_back(entry.terminal);
  }
  for (const auto& terminal : those) terminal->close(why);
}

void TerminalDoor::revoke(std::string_view id) {
  close_all(revoked(), [id](const Key& key, const Entry& entry) { return key.principal == id || entry.session == id; });
}

void TerminalDoor::reauthorise(const accounts::Principal& principal) {
  close_all(revoked(), [&](const Key& key, const Entry& entry) {
    return key.principal == principal.id && entry.session == principal.session &&
           !principal.may(accounts::Role::dev, entry.project);
  });
}

std::size_t TerminalDoor::open() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void TerminalDoor::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  close_all({"server.stopping", "the server is stopping", {}, {}, {}}, [](const Key&, const Entry&) { return true; });
  {
    std::unique_lock lock(mutex_);
    none_left_.wait_for(lock, std::chrono::seconds(2), [this] { return entries_.empty(); });
  }
  work_.reset();
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace hub::terminals
