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

Result<TerminalDoor::TerminalPtr> TerminalDoor::look_for(const Wish& wish) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return stopping();
  const Key key{wish.deployment, wish.principal, wish.name};
  if (const auto found = entries_.find(key); found != entries_.end()) {
    if (!found->second.terminal) return conflict("terminal.opening", "the shell is being opened; try again");
    found->second.session = wish.session;
    return found->second.terminal;
  }
  if (wish.resume) return not_found("terminal.gone", "the shell has ended");
  const auto of_this = std::count_if(entries_.begin(), entries_.end(),
                                     [&](const auto& entry) { return entry.first.deployment == wish.deployment; });
  if (entries_.size() >= options_.terminals_max || static_cast<std::size_t>(of_this) >= options_.of_deployment_max)
    return Failure{FailureKind::too_many, "terminal.too_many", "as many shells as may be are open", "", 0};
  entries_.emplace(key, Entry{nullptr, wish.project, wish.session});
  return TerminalPtr();
}

asio::awaitable<Result<TerminalDoor::TerminalPtr>> TerminalDoor::terminal_for(const Wish& wish) {
  auto found = look_for(wish);
  if (!found || found.value()) co_return found;
  auto opened = co_await open(wish);
  if (!opened) forget({wish.deployment, wish.principal, wish.name});
  co_return opened;
}

asio::awaitable<Result<void>> TerminalDoor::record_opening(const Wish& wish, const Marks::Mark& mark) {
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
  if (reply.value().refusal) co_return *reply.value().refusal;
  if (reply.value().pending) co_return unavailable("log.unavailable", "nobody has decided it in time; try again");
  co_return success();
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
  auto shell = co_await routes::on_blocking(services_, [&] { return options_.open_shell(wish.deployment, wish.size); });
  if (!shell) {
    record_end(mark, std::string(kSystem), {shell.error().code, shell.error().detail, {}, {}, {}});
    co_return std::move(shell).error();
  }
  const Key key{wish.deployment, wish.principal, wish.name};
  const auto over = [this, key, mark](const Reason& why) {
    // Who ended it by himself is the one who had it.
    const bool by_itself = why.code == "terminal.exited" || why.code == "terminal.closed";
    record_end(mark, by_itself ? key.principal : std::string(kSystem), why);
    forget(key);
  };
  const auto terminal = std::make_shared<Terminal>(context_, std::move(shell).value(), options_.linger, over);
  bool late = false;
  {
    const std::lock_guard lock(mutex_);
    entries_[key].terminal = terminal;
    late = stopping_;
  }
  terminal->start();
  if (late) terminal->close({"server.stopping", "the server is stopping", {}, {}, {}});
  logging::write(logging::Level::info, "a terminal is open",
                 {{"deployment", wish.deployment}, {"terminal", mark.terminal}, {"caller", wish.principal}});
  co_return terminal;
}

/// What cannot be recorded now is marked still, and told of by the next server.
void TerminalDoor::record_end(const Marks::Mark& mark, const std::string& actor, const Reason& why) {
  logging::write(logging::Level::info, "a terminal is closed",
                 {{"deployment", mark.deployment}, {"terminal", mark.terminal}, {"code", why.code}});
  engine::Input input;
  input.entity = mark.deployment;
  input.type = deployments::CloseTerminal::type;
  input.data = deployments::encode_command(deployments::CloseTerminal{mark.terminal, why});
  // Told twice, it is recorded once.
  input.command_id = command_id_of_key(mark.deployment, kSystem, "close " + mark.terminal);
  input.actor = actor;
  static_cast<void>(services_.engine.submit(std::move(input), [marks = marks_, mark](const engine::Reply& reply) {
    const bool may_pass = reply.refusal && reply.refusal->kind == FailureKind::unavailable;
    if (!may_pass && !reply.pending) marks.remove(mark);
  }));
}

void TerminalDoor::tell_of_lost() {
  for (const auto& mark : marks_.all())
    record_end(mark, std::string(kSystem), {"server.restarted", "the server that had it has ended", {}, {}, {}});
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
