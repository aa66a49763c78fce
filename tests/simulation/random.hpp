#pragma once
#include <cstdint>
#include <random>
#include <string>

#include "events/core/instant.hpp"

namespace hub::simulation {

/// All chance of a simulation comes from one of these, so that a seed tells the whole run.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : engine_() % bound; }
  bool chance(double probability) {
    return probability > 0 && static_cast<double>(engine_() >> 11U) * 0x1p-53 < probability;
  }
  Duration between(Duration least, Duration most) {
    return {least.micros +
            static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most.micros - least.micros) + 1))};
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace hub::simulation
