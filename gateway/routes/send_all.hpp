#pragma once
#include <atomic>
#include <boost/describe.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "gateway/routes/services.hpp"

namespace hub::routes {

/// All commands of one request on their way at once; the last answer brings the coroutine back.
class Sending {
 public:
  explicit Sending(std::size_t count) : left_(count), replies_(count) {}

  void set(std::size_t index, Result<engine::Reply> reply) {
    replies_[index].emplace(std::move(reply));
    if (left_.fetch_sub(1) == 1) all_done_();
  }
  void when_done(std::function<void()> all_done) { all_done_ = std::move(all_done); }
  const Result<engine::Reply>& reply(std::size_t index) const { return *replies_[index]; }

 private:
  std::atomic<std::size_t> left_;
  std::vector<std::optional<Result<engine::Reply>>> replies_;
  std::function<void()> all_done_;
};

/// What is to be sent, or why not.
using Inputs = std::vector<Result<engine::Input>>;

/// Sends them all, those of one entity in their order, and waits for every outcome; each may fail as send() does.
asio::awaitable<std::shared_ptr<Sending>> send_all(Services& services, Inputs& inputs);

/// What became of one of them, as an answer tells it.
struct Acted {
  std::string id;
  bool ok = false;
  std::optional<std::string> code;
  std::optional<std::string> detail;
};
BOOST_DESCRIBE_STRUCT(Acted, (), (id, ok, code, detail))
/// `hint` follows the detail of one that is not decided yet.
Acted acted_on(const std::string& id, const Result<engine::Reply>& reply, std::string_view hint = {});

/// Waits until the rows have what was decided, as reach() does; the first that is not there in time is the last one
/// that is waited for.
asio::awaitable<void> reach_all(projections::Progress& progress, const Sending& sending, std::size_t count);

}  // namespace hub::routes
