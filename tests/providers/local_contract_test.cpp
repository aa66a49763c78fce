#include "tests/providers/contract.hpp"
#include "tests/providers/local_harness.hpp"

namespace hub::providers {

INSTANTIATE_TEST_SUITE_P(Local, ProviderContract, testing::Values(&local::make_local_harness));

}  // namespace hub::providers
