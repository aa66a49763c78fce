// The same seed gives the same bytes; what a projection folded as it came is what a rebuild gives.
#include "projections/core/host.hpp"
#include "projections/deployments/table.hpp"
#include "tests/simulation/campaign.hpp"
#include "tests/support/temp_folder.hpp"

namespace hub::simulation {
namespace {

constexpr std::uint64_t kSeeds = 8;
constexpr std::uint64_t kSeedsLong = 100;

/// A projection on a node's view of the log: it hears late, and folds what it hears.
class Projected {
 public:
  Projected(log::SimulatedLog& storage, const std::filesystem::path& folder)
      : log_(storage.open()),
        projection_(deployments::make_projection()),
        store_(projections::Store::open(folder, projections::make_resources(1U << 20U, 1U << 20U),
                                        projections::Store::Mode::write)
                   .value()),
        host_(*projection_, *log_, store_) {
    watcher_ = log_->watch([this](const std::vector<log::BatchPtr>& batches) {
      for (const auto& batch : batches) EXPECT_TRUE(host_.feed(batch));
      if (++heard_ % 7 == 0) host_.commit();
    });
  }
  ~Projected() { log_->unwatch(watcher_); }
  Projected(const Projected&) = delete;
  Projected& operator=(const Projected&) = delete;

  std::string content() {
    EXPECT_TRUE(host_.catch_up());
    host_.commit();
    return to_hex(store_->content_hash());
  }

 private:
  std::unique_ptr<log::Log> log_;
  std::shared_ptr<const projections::Projection> projection_;
  std::shared_ptr<projections::Store> store_;
  projections::Host host_;
  std::uint64_t watcher_ = 0;
  int heard_ = 0;
};

struct Print {
  std::string log_and_rows;
  std::string live;
  std::string rebuilt;
  bool operator==(const Print&) const = default;
};

Print print_of(std::uint64_t seed) {
  WorldOptions options;
  options.seed = seed;
  const test::TempFolder folder;
  World world(options);
  Projected live(world.storage(), folder.path() / "live");
  EXPECT_TRUE(world.run());
  Projected rebuilt(world.storage(), folder.path() / "rebuilt");
  return {fingerprint(world), live.content(), rebuilt.content()};
}

TEST(SameSeed, GivesTheSameLogRowsAndProjectionsByteByByte) {
  std::set<std::string> different;
  const auto seeds = is_long() ? kSeedsLong : kSeeds;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto once = print_of(seed), again = print_of(seed);
    EXPECT_EQ(once.log_and_rows, again.log_and_rows) << "HUB_SEED=" << seed;
    EXPECT_EQ(once.live, again.live) << "HUB_SEED=" << seed;
    EXPECT_EQ(once.live, once.rebuilt) << "HUB_SEED=" << seed;
    different.insert(once.log_and_rows);
  }
  EXPECT_EQ(different.size(), seeds);
}

TEST(SameSeed, GivesTheSameLogAndRowsOfNodesThatShareTheLog) {
  const auto print = [](std::uint64_t seed) {
    World world(nodes_by_log(seed));
    EXPECT_TRUE(world.run());
    return fingerprint(world);
  };
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) EXPECT_EQ(print(seed), print(seed)) << "HUB_SEED=" << seed;
}

}  // namespace
}  // namespace hub::simulation
