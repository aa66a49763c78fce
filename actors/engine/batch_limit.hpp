#pragma once
#include <algorithm>
#include <cstddef>

#include "events/core/instant.hpp"

namespace hub::engine {

/// How many inputs the next batch takes. What one batch costs beside its inputs (an fsync, a transaction's round trips)
/// is shared by more of them while there is a backlog; and none takes so long that whoever waits behind it, or the
/// time-out of its transaction, notices: how much an input writes is known only when it is decided.
class BatchLimit {
 public:
  static constexpr std::size_t kInputsMin = 50, kInputsAtFirst = 1'000;
  /// A batch of more is followed by a smaller one. A fifth of a second more, for a command that waits behind it.
  static constexpr Duration kBatchMax = milliseconds(200);

  explicit BatchLimit(std::size_t inputs_max) : max_(inputs_max), now_(std::min(kInputsAtFirst, inputs_max)) {}

  /// Inputs.
  std::size_t now() const { return now_; }

  /// `took`: from taking the inputs to the log's answer; negative when the clock was set back, which tells nothing.
  void learn(std::size_t inputs, Duration took) {
    if (took > kBatchMax) {
      const auto share = static_cast<double>(kBatchMax.micros) / static_cast<double>(took.micros);
      const auto fitting = static_cast<std::size_t>(static_cast<double>(std::min(inputs, now_)) * share);
      now_ = std::clamp(fitting, std::min(kInputsMin, max_), max_);
    } else if (inputs >= now_ && took.micros >= 0 && took.micros * 2 < kBatchMax.micros) {
      now_ = std::min(now_ * 2, max_);
    }
  }

 private:
  std::size_t max_;
  std::size_t now_;
};

}  // namespace hub::engine
