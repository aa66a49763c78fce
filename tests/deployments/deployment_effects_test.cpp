// What effects of a deployment report, and in which order.
#include "adapters/deployments/deployment_effects.hpp"

#include <gmock/gmock.h>

#include "events/core/json_codec.hpp"

namespace hub::deployments {
namespace {

using ::testing::ElementsAre;

const std::string kId = derive_id(kDeploymentPrefix, "one", 0);

/// Starts what it is given, and has more to say of that while it does.
class Hasty final : public providers::Provider {
 public:
  std::function<void()> while_starting;
  std::optional<Failure> refuses;

  std::string_view name() const override { return "hasty"; }
  providers::Capabilities capabilities() const override { return {}; }
  Result<std::vector<providers::Offer>> offers() override { return std::vector<providers::Offer>{}; }
  Result<providers::Instance> create(const providers::CreateOrder&) override { return providers::Instance{}; }
  Result<std::vector<providers::Observed>> list() override { return std::vector<providers::Observed>{}; }
  Result<providers::Observed> get(const std::string&) override { return none(); }
  Result<providers::Observed> start(const providers::CreateOrder& order, std::int32_t run) override {
    while_starting();
    if (refuses) return *refuses;
    providers::Observed observed;
    observed.id = order.order_id;
    observed.run = run;
    observed.state = providers::RunState::running;
    return observed;
  }
  Result<void> stop(const std::string&, std::int32_t, Duration) override { return success(); }
  Result<void> remove(const std::string&) override { return success(); }
  Result<providers::LogPage> logs(const std::string&, const providers::LogQuery&) override { return none(); }
  Result<std::vector<providers::MetricSample>> metrics(const std::string&, Instant, Instant, Duration) override {
    return none();
  }
  void watch_metrics(const std::string&, bool) override {}
  Result<Connection> connection(const std::string&) override { return none(); }

 private:
  static Failure none() { return not_found("provider.not_found", "there is none"); }
};

class DeploymentEffectsTest : public ::testing::Test {
 protected:
  DeploymentEffectsTest() {
    providers_.add(provider_);
    provider_->while_starting = [this] { effects_.exited(kId, exit_of(1)); };
  }
  static providers::Exit exit_of(std::int32_t run) {
    providers::Exit exit;
    exit.run = run;
    exit.exit_code = 0;
    exit.code = "process.exited";
    return exit;
  }
  void start() {
    EffectData data;
    data.provider = "hasty";
    data.run = 1;
    effects_.run({kId, "start", "1", to_json(data)});
  }

  std::shared_ptr<Hasty> provider_ = std::make_shared<Hasty>();
  Providers providers_;
  std::vector<std::string> reported_;
  DeploymentEffects effects_{providers_,
                             [](const engine::EffectRequest&, const EffectData&) {
                               return Result<providers::CreateOrder>(providers::CreateOrder{});
                             },
                             [this](engine::Input input) { reported_.push_back(input.type); }};
};

TEST_F(DeploymentEffectsTest, AnEndThatComesBeforeItsStartIsReportedIsToldBehindIt) {
  start();
  EXPECT_THAT(reported_, ElementsAre(ReportStarted::type, ReportExited::type));
}

TEST_F(DeploymentEffectsTest, AnEndThatComesWhileAStartFailsIsToldAllTheSame) {
  provider_->refuses = unavailable("provider.unreachable", "not now");
  start();
  ASSERT_FALSE(reported_.empty());
  EXPECT_EQ(reported_.front(), ReportExited::type);
}

TEST_F(DeploymentEffectsTest, AnEndThatComesLaterIsToldAtOnce) {
  provider_->while_starting = [] {};
  start();
  effects_.exited(kId, exit_of(1));
  EXPECT_THAT(reported_, ElementsAre(ReportStarted::type, ReportExited::type));
}

}  // namespace
}  // namespace hub::deployments
