#include "events/log/embedded_log.hpp"
#include "tests/log/contract.hpp"

namespace hub::log::testing {
namespace {

class EmbeddedUnderTest final : public LogUnderTest {
 public:
  Result<std::unique_ptr<Log>> open(std::uint32_t partitions) override {
    return open_embedded_log({.folder = folder_.path() / "log", .partitions = partitions});
  }

 private:
  TemporaryFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(Embedded, LogContract,
                         ::testing::Values(LogKind{"Embedded", [] { return std::make_unique<EmbeddedUnderTest>(); }}),
                         name_of);

}  // namespace
}  // namespace hub::log::testing
