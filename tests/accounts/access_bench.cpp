// How long it takes to find out who a token belongs to. Prints one JSON line a figure; not part of ctest.
#include <chrono>
#include <cstdio>
#include <thread>

#include "events/accounts/token.hpp"
#include "projections/accounts/access_table.hpp"
#include "tests/accounts/records.hpp"

namespace {

using namespace hub;
using namespace hub::accounts;

constexpr int kKeys = 10'000;
constexpr int kLookups = 2'000'000;

const Instant noon = parse_rfc3339("2026-03-01T12:00:00Z").value();

double lookup_nanoseconds(const AccessTable& table, const std::vector<std::string>& tokens, int threads) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&, t] {
      for (int i = 0; i < kLookups; ++i)
        HUB_ASSERT(table.find(tokens[static_cast<std::size_t>(i * 7 + t) % tokens.size()], noon) != nullptr);
    });
  for (auto& thread : all) thread.join();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / kLookups;
}

}  // namespace

int main() {
  AccessTable table;
  test::Records records(noon);
  std::vector<std::string> tokens;
  for (int i = 0; i < kKeys; ++i) {
    tokens.push_back(make_token());
    const ApiKeyEvent created =
        ApiKeyCreated{"k", "default", "default", Role::dev, {}, token_hash(tokens.back()), "user:ann"};
    table.apply(0, records.next(derive_id(kApiKeyPrefix, std::to_string(i), 0), created));
  }
  for (const int threads : {1, 2})
    std::printf("{\"name\": \"token lookup, %d thread(s)\", \"value\": %.0f, \"unit\": \"ns\", \"n\": %d}\n", threads,
                lookup_nanoseconds(table, tokens, threads), kLookups);
}
