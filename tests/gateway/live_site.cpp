#include "tests/gateway/live_site.hpp"

namespace hub::testing {
namespace {

std::string cursor_at(std::uint64_t seq) {
  return to_text(Cursor{Counters::kIncarnation, {seq}});
}

}  // namespace

std::shared_ptr<const accounts::Principal> principal_of(std::string_view token) {
  auto principal = std::make_shared<accounts::Principal>();
  principal->organisation = principal->project = "default";
  if (token == "good-token") {
    principal->id = "user:test";
    principal->roles["default"] = accounts::Role::dev;
  } else if (token == "other-token") {
    principal->id = "user:other";
    principal->roles["secret"] = accounts::Role::viewer;
  } else {
    return nullptr;
  }
  return principal;
}

void Counters::count(const std::string& name, const std::string& project, const std::string& coalesce_key,
                     const std::string& padding) {
  live::Frame frame;
  {
    const std::lock_guard lock(mutex_);
    auto& numbers = numbers_[name];
    frame.mark = {0, numbers.size() + 1};
    frame.data =
        R"({"n":)" + std::to_string(frame.mark.seq) + (padding.empty() ? "" : ",\"p\":\"" + padding + '"') + "}";
    numbers.push_back(frame.data);
  }
  frame.cursor = cursor_at(frame.mark.seq);
  frame.project = project;
  frame.coalesce_key = coalesce_key;
  hub_.publish("counters/" + name, frame);
}

Result<void> Counters::authorise(const accounts::Principal& principal, std::string_view name) {
  const bool is_refused = refusals > 0 && refusals-- > 0;
  if (is_refused || name == "counters/none") return not_found("counter.not_found", "there is no such counter");
  if (name.starts_with("counters/secret") && !principal.may(accounts::Role::viewer, "secret"))
    return forbidden("auth.forbidden", "a role in secret is needed");
  return success();
}

Result<live::Opening> Counters::open(std::string_view name, const accounts::Principal&,
                                     const std::optional<Cursor>& after) {
  if (while_opening) while_opening();
  const std::lock_guard lock(mutex_);
  const auto& numbers = numbers_[std::string(name.substr(name.find('/') + 1))];
  live::Opening opening;
  opening.cursor = {kIncarnation, {numbers.size()}};
  opening.recovered = after && after->incarnation == kIncarnation && after->seqs.size() == 1 &&
                      after->seqs[0] + 1 >= first_kept_ && after->seqs[0] <= numbers.size();
  if (opening.recovered) {
    for (auto seq = after->seqs[0] + 1; seq <= numbers.size(); ++seq)
      opening.missed.push_back({cursor_at(seq), numbers[seq - 1]});
  } else {
    opening.snapshot = R"({"last":)" + std::to_string(numbers.size()) + "}";
  }
  return opening;
}

void Counters::opened(std::string_view name) {
  const std::lock_guard lock(mutex_);
  ++watched_;
  told_.push_back("opened " + std::string(name));
  changed_.notify_all();
}

void Counters::closed(std::string_view name) {
  const std::lock_guard lock(mutex_);
  --watched_;
  told_.push_back("closed " + std::string(name));
  changed_.notify_all();
}

bool Counters::wait_for_watched(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return watched_ == count; });
}

std::vector<std::string> Counters::told() {
  const std::lock_guard lock(mutex_);
  return told_;
}

LiveSite::LiveSite(live::HubOptions options, http::ServerOptions server_options)
    : hub_(std::make_unique<live::Hub>(std::move(options))), counters_(std::make_shared<Counters>(*hub_)) {
  hub_->add_source("counters/{name}", counters_);
  http::Router router;
  router.add(hub_->route("/api/v1/live"));
  server_options.threads = 2;
  server_options.guard.authenticate = principal_of;
  server_options.on_stop = [this] { hub_->stop(); };
  server_ = std::make_unique<http::Server>(std::move(server_options), std::move(router));
  const auto started = server_->start();
  if (!started) throw std::runtime_error(started.error().detail);
}

LiveSite::~LiveSite() {
  server_->stop(std::chrono::milliseconds(0));
}

}  // namespace hub::testing
