// What sealing a field costs on the way of a create. Prints one JSON line a figure; not part of ctest.
#include <chrono>
#include <cstdio>

#include "adapters/secrets/sealer.hpp"
#include "adapters/secrets/slot_store.hpp"
#include "tests/support/temp_folder.hpp"

namespace {

using namespace hub::secrets;

constexpr int kRounds = 200'000;

template <class Work>
void figure(const char* name, Work work) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) work();
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
  std::printf("{\"name\": \"%s\", \"value\": %.0f, \"unit\": \"ns\", \"n\": %d}\n", name, spent.count() / kRounds,
              kRounds);
}

}  // namespace

int main() {
  const hub::test::TempFolder temp;
  const auto store = SlotStore::open(temp.path() / "secrets", Key::generate()).value();
  Sealer sealer(*store);
  const std::string plain(64, 'x');
  const auto sealed = sealer.seal("prj_x", plain, "env/A").value();
  figure("seal 64 bytes", [&] { HUB_ASSERT(sealer.seal("prj_x", plain, "env/A")); });
  figure("open 64 bytes", [&] { HUB_ASSERT(sealer.open(sealed, "env/A")); });
}
