// Prints how many events a second a new owner folds from zero: read, verified against the chain, decoded, evolved, and
// put into rows in memory.
#include <cstdio>
#include <ctime>
#include <string>

#include "tests/simulation/rig.hpp"

namespace hub::simulation {
namespace {

constexpr int kEvents = 200'000;
constexpr int kEntities = 1'000;
constexpr int kTogether = 2'000;

void measure() {
  Rig rig(1);
  rig.give_all(0);
  for (int i = 0; i < kEvents;) {
    for (int in_step = 0; in_step < kTogether; ++in_step, ++i)
      rig.submit(0, Rig::id_in(static_cast<PartitionId>(i % 4), i % kEntities), test::Add{1}, "c" + std::to_string(i));
    rig.run(0);
  }
  rig.restart(0);
  // By the processor's time: the figure is for one core, whatever else the machine does.
  const auto begun = std::clock();
  rig.give_all(0);
  const auto took = static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
  std::printf("{\"name\": \"replay_events\", \"value\": %.0f, \"unit\": \"events/s\", \"n\": %d, \"entities\": %d}\n",
              kEvents / took, kEvents, kEntities);
}

}  // namespace
}  // namespace hub::simulation

int main() {
  hub::simulation::measure();
}
