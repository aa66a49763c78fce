#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "adapters/secrets/medium.hpp"

namespace hub::secrets::testing {

/// What a topic keeps, in memory: one list of changes, and of each node how far it has read. A node reads when it
/// writes, when it is asked to, or when the test says so; so a test chooses what a node does not know yet.
class SharedList {
 public:
  /// Runs behind a node's decision, before it is written; runs once.
  std::function<void()> before_write;
  /// Stands for what was under way when a node waits until nothing is any more; runs once.
  std::function<void()> while_settling;
  bool away = false;

  /// What is kept, in order.
  Medium::Changes all() const {
    Medium::Changes kept;
    for (const auto& change : list_)
      if (change) kept.push_back(*change);
    return kept;
  }
  Medium::Change last() const { return all().back(); }

  /// Keeps of each name the last change.
  void compact() {
    for (std::size_t i = 0; i < list_.size(); ++i)
      for (std::size_t later = i + 1; list_[i] && later < list_.size(); ++later)
        if (list_[later] && list_[later]->name == list_[i]->name) list_[i].reset();
  }

  /// As somebody else writes.
  void add(Medium::Changes changes) {
    const std::lock_guard lock(mutex_);
    for (auto& change : changes) list_.emplace_back(std::move(change));
  }

  std::unique_ptr<Medium> node() { return std::make_unique<Node>(*this); }

 private:
  class Node final : public Medium {
   public:
    explicit Node(SharedList& list) : list_(list) {}

    Result<void> follow(Take take) override {
      take_ = std::move(take);
      return catch_up();
    }
    Result<void> catch_up() override {
      const std::lock_guard lock(list_.mutex_);
      if (list_.away) return unavailable("secrets.unavailable", "away");
      for (; read_ < list_.list_.size(); ++read_)
        if (const auto& change = list_.list_[read_]) take_(change->name, change->bytes);
      return success();
    }
    Result<void> write(Changes changes) override {
      if (list_.before_write) std::exchange(list_.before_write, {})();
      list_.add(std::move(changes));
      return catch_up();
    }
    Result<void> settle() override {
      if (list_.while_settling) std::exchange(list_.while_settling, {})();
      return catch_up();
    }

   private:
    SharedList& list_;
    Take take_;
    std::size_t read_ = 0;
  };

  std::recursive_mutex mutex_;
  std::vector<std::optional<Medium::Change>> list_;  ///< holes: what compaction took
};

}  // namespace hub::secrets::testing
