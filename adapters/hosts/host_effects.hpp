#pragma once
#include <functional>

#include "actors/engine/effects.hpp"
#include "actors/engine/input.hpp"
#include "actors/engine/state_store.hpp"

namespace hub::hosts {

/// Carries out what a host asks for: "tell_loss" tells every deployment that runs there that it cannot be reached.
class HostEffects {
 public:
  using Submit = std::function<void(engine::Input)>;
  /// `store` holds the rows of every partition, and outlives it.
  HostEffects(engine::StateStore& store, Submit submit) : store_(store), submit_(std::move(submit)) {}

  /// On an effect thread. Safe to repeat.
  void run(const engine::EffectRequest& request);

 private:
  engine::StateStore& store_;
  const Submit submit_;
};

}  // namespace hub::hosts
