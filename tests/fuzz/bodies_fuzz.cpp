// Bodies of requests about deployments. The first byte chooses the request.
#include "gateway/routes/create_body.hpp"
#include "tests/fuzz/input.hpp"

namespace {

/// A failure is one that its reader understands: it has a code and, where the text was JSON, names the field.
template <class Parsed>
void check_failure(const Parsed& parsed) {
  if (parsed) return;
  const auto& failure = parsed.error();
  HUB_ASSERT(failure.kind == hub::FailureKind::invalid || failure.kind == hub::FailureKind::malformed);
  HUB_ASSERT(!failure.code.empty() && !failure.detail.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto [kind, json] = hub::fuzz::split_kind(hub::fuzz::text_of(bytes, size));
  if (kind == 'p') {
    check_failure(hub::routes::parse_change(json));
  } else if (kind == 'b') {
    const auto batch = hub::routes::parse_batch(json);
    check_failure(batch);
    HUB_ASSERT(!batch || batch.value().ids.size() <= 1'000);
  } else {
    const auto body = hub::routes::parse_create(json);
    check_failure(body);
    // What is taken must be possible to log and to read back.
    if (body) {
      const hub::deployments::RequestDeployment command{body.value().spec, body.value().desired, "user:ada"};
      HUB_ASSERT(!hub::deployments::encode_command(command).empty());
    }
  }
  return 0;
}
