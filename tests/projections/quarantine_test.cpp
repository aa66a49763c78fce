#include <gmock/gmock.h>

#include <stdexcept>

#include "tests/projections/support.hpp"

namespace hub::projections {
namespace {

using testing::at_second;
using testing::Folder;
using ::testing::HasSubstr;
using testing::Hub;
using testing::id_of;
using testing::MemoryLog;
using testing::requested;
using testing::Writer;

TEST(Quarantine, StopsTheEntityThatCannotBeFoldedAndNoOther) {
  MemoryLog log;
  const Folder folder;
  Writer writer(log);
  writer.write(1, requested("a"));
  writer.write(2, requested("b"));
  auto poison = testing::record_of(id_of(1), 2, deployments::DeploymentDeleteRequested{}, at_second(5));
  poison.data = "{\"broken\":";
  const auto position = writer.write(poison);
  writer.write(testing::record_of(id_of(1), 3, deployments::DeploymentDeleteRequested{}, at_second(6)));
  auto newer = testing::record_of(id_of(3), 1, requested("c"), at_second(7));
  newer.type = "computehub.deployment.requested.v9";
  writer.write(newer);
  writer.write(2, deployments::DeploymentPrepared{"here", "rlimit", {}});
  {
    Hub hub(log, folder.path());
    hub.runner->start();
    ASSERT_TRUE(hub.settle());
    EXPECT_EQ(hub.feed().stats().quarantined.load(), 2U);
    EXPECT_EQ(hub.feed().stats().skipped.load(), 1U);
    EXPECT_EQ(hub.deployments.get(id_of(1), {}).value().version, 1U);
    EXPECT_EQ(hub.deployments.get(id_of(2), {}).value().status, deployments::Status::starting);
    EXPECT_EQ(hub.deployments.get(id_of(3), {}).error().code, "type.unknown");
    const auto row = hub.feed().store()->get(quarantine_key(id_of(1)));
    ASSERT_TRUE(row);
    EXPECT_THAT(*row, HasSubstr(to_text(position)));
    EXPECT_THAT(*row, HasSubstr("json.invalid"));
  }
  // It is remembered over a restart.
  Hub hub(log, folder.path());
  hub.runner->start();
  writer.write(testing::record_of(id_of(1), 2, deployments::DeploymentDeleteRequested{}, at_second(8)));
  ASSERT_TRUE(hub.settle());
  EXPECT_EQ(hub.deployments.get(id_of(1), {}).value().version, 1U);
}

/// Throws at each event of one entity.
class Throwing final : public Projection {
 public:
  struct Fold final : Folding {
    explicit Fold(std::unique_ptr<Folding> folding) : inner(std::move(folding)) {}
    Result<void> apply(const Recorded& recorded) override {
      if (recorded.record.entity == id_of(1)) throw std::runtime_error("thrown by the test");
      return inner->apply(recorded);
    }
    void finish(Rows& rows) override { inner->finish(rows); }
    std::unique_ptr<Folding> inner;
  };
  std::string_view name() const override { return "throwing"; }
  std::uint32_t version() const override { return 1; }
  bool concerns(const log::Record& record) const override { return inner_->concerns(record); }
  std::unique_ptr<Folding> fold(const Store& store) const override {
    return std::make_unique<Fold>(inner_->fold(store));
  }

 private:
  std::shared_ptr<const Projection> inner_ = deployments::make_projection();
};

TEST(Quarantine, TakesInWhoseEventsThrowAndOtherProjectionsGoOn) {
  MemoryLog log;
  const Folder folder;
  Writer writer(log);
  writer.write(1, requested("a"));
  writer.write(2, requested("b"));
  auto runner = Runner::open(log, {folder.path(), testing::small_resources()},
                             {std::make_shared<const Throwing>(), deployments::make_projection()})
                    .value();
  runner->start();
  for (const auto* name : {"throwing", "deployments"}) {
    const auto head = Cursor{log.incarnation(), {log.head(0).seq, log.head(1).seq, log.head(2).seq, log.head(3).seq}};
    ASSERT_TRUE(runner->feed(name).progress().wait_for(head, testing::kDeadline).value());
  }
  EXPECT_EQ(runner->feed("throwing").stats().quarantined.load(), 1U);
  EXPECT_FALSE(runner->feed("throwing").store()->get(deployments::id_key(id_of(1))));
  EXPECT_TRUE(runner->feed("throwing").store()->get(deployments::id_key(id_of(2))));
  EXPECT_TRUE(runner->feed("deployments").store()->get(deployments::id_key(id_of(1))));
}

}  // namespace
}  // namespace hub::projections
