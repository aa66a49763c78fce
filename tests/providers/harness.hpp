#pragma once
// What tests of providers share: an observer that can be waited for, and what the contract suite asks of a harness.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "adapters/providers/provider.hpp"
#include "events/core/ids.hpp"

namespace hub::providers {

/// Long enough for a loaded machine; a test that needs it fails.
inline constexpr std::chrono::seconds kDeadline{60};

inline std::string test_id(std::string_view name) {
  return derive_id("dep_", name, 0);
}

/// Keeps what a provider tells, and lets a test wait for it.
class RecordingObserver : public Observer {
 public:
  void on_exit(const std::string& deployment_id, const Exit& exit) override {
    const std::lock_guard lock(mutex_);
    exits_[{deployment_id, exit.run}] = exit;
    ++exit_calls_[{deployment_id, exit.run}];
    changed_.notify_all();
  }
  void on_log(const std::string& deployment_id, std::uint64_t last_seq) override {
    const std::lock_guard lock(mutex_);
    auto& known = last_seqs_[deployment_id];
    known = std::max(known, last_seq);
    changed_.notify_all();
  }
  void on_metrics(const std::string& deployment_id, const MetricSample& sample) override {
    const std::lock_guard lock(mutex_);
    samples_[deployment_id].push_back(sample);
    changed_.notify_all();
  }

  /// Fails the test and gives an empty exit when none comes.
  Exit wait_exit(const std::string& deployment_id, std::int32_t run = 1) {
    wait([&] { return exits_.count({deployment_id, run}) > 0; }, "an exit");
    const std::lock_guard lock(mutex_);
    return exits_[{deployment_id, run}];
  }
  void wait_exit_calls(const std::string& deployment_id, std::int32_t run, int calls) {
    wait([&] { return exit_calls_[{deployment_id, run}] >= calls; }, "another report of an exit");
  }
  void wait_seq(const std::string& deployment_id, std::uint64_t seq) {
    wait([&] { return last_seqs_[deployment_id] >= seq; }, "lines");
  }
  std::vector<MetricSample> wait_samples(const std::string& deployment_id, std::size_t count) {
    wait([&] { return samples_[deployment_id].size() >= count; }, "samples");
    const std::lock_guard lock(mutex_);
    return samples_[deployment_id];
  }
  bool has_exit(const std::string& deployment_id, std::int32_t run = 1) {
    const std::lock_guard lock(mutex_);
    return exits_.count({deployment_id, run}) > 0;
  }

 private:
  void wait(const std::function<bool()>& holds, const char* what) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, kDeadline, holds)) << "waited in vain for " << what;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::pair<std::string, std::int32_t>, Exit> exits_;
  std::map<std::pair<std::string, std::int32_t>, int> exit_calls_;
  std::map<std::string, std::uint64_t> last_seqs_;
  std::map<std::string, std::vector<MetricSample>> samples_;
};

/// Makes a provider, and the orders that this provider can carry out.
class ProviderHarness {
 public:
  virtual ~ProviderHarness() = default;
  virtual Provider& provider() = 0;
  virtual RecordingObserver& observer() = 0;
  /// The server ends without a word and a new one takes over.
  virtual void restart_server() = 0;

  virtual CreateOrder order_that_prints(const std::string& id, const std::vector<std::string>& lines) = 0;
  virtual CreateOrder order_that_waits(const std::string& id) = 0;
  virtual CreateOrder order_that_exits(const std::string& id, int code) = 0;
};
using HarnessFactory = std::unique_ptr<ProviderHarness> (*)();

inline std::vector<std::string> texts_of(const LogPage& page) {
  std::vector<std::string> texts;
  for (const auto& line : page.lines) texts.push_back(line.text);
  return texts;
}

}  // namespace hub::providers
