#include "projections/core/feed.hpp"

#include <algorithm>

#include "events/core/logging.hpp"

namespace hub::projections {
namespace {

Marks marks_of(const Store& store, const log::Log& log) {
  return store.marks_at_open().value_or(Marks{log.incarnation(), std::vector<Mark>(log.partitions())});
}

}  // namespace

Feed::Feed(std::shared_ptr<const Projection> projection, log::Log& log, std::shared_ptr<Store> store)
    : projection_(std::move(projection)), progress_(log, marks_of(*store, log)) {
  slot_.set(std::move(store));
}

std::optional<Failure> Feed::failure() const {
  const std::lock_guard lock(failing_);
  return failure_;
}

std::uint64_t Feed::observe(Observer observer) {
  const std::lock_guard lock(observing_);
  observers_.emplace_back(++last_observer_, std::move(observer));
  return last_observer_;
}

void Feed::unobserve(std::uint64_t observer) {
  const std::lock_guard lock(observing_);
  observers_.erase(
      std::remove_if(observers_.begin(), observers_.end(), [&](const auto& entry) { return entry.first == observer; }),
      observers_.end());
}

void Feed::committed(const FoldResult& result, const Marks& marks) {
  progress_.advance(marks);
  // Called under the lock, so that unobserve() is a promise.
  const std::lock_guard lock(observing_);
  for (const auto& [id, observer] : observers_) observer(result);
}

void Feed::fail(const Failure& failure) {
  const std::lock_guard lock(failing_);
  if (failure_) return;
  failure_ = failure;
  logging::write(logging::Level::error, "a projection stopped; it answers what it has",
                 {{"projection", projection_->name()}, {"code", failure.code}, {"detail", failure.detail}});
}

void Feed::recovered() {
  const std::lock_guard lock(failing_);
  failure_.reset();
}

}  // namespace hub::projections
