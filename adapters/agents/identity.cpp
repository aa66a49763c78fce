#include "adapters/agents/identity.hpp"

#include <boost/describe.hpp>

#include "events/core/digest.hpp"
#include "events/core/json_codec.hpp"

namespace hub::agents {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kFileBytesMax = 4'096;
constexpr const char* kFileName = "identity.json";
constexpr const char* kLockName = "identity.lock";

struct IdentityJson {
  static constexpr std::string_view required[] = {"id", "generation"};
  std::string id;
  std::uint64_t generation = 0;
};
BOOST_DESCRIBE_STRUCT(IdentityJson, (), (id, generation))

}  // namespace

Result<Identity> Identity::open(const std::filesystem::path& folder) {
  HUB_TRY(secrets::make_private_folder(folder));
  auto lock = secrets::lock_file(folder / kLockName);
  if (!lock) {
    if (lock.error().code != "secrets.locked") return std::move(lock).error();
    return unavailable("agent.running", "another agent works in this folder");
  }
  Identity identity(folder / kFileName, std::move(lock).value());
  const auto bytes = secrets::read_file(identity.file_, kFileBytesMax);
  if (bytes) {
    const auto read = from_json<IdentityJson>(bytes.value(), ReadMode::lenient);
    if (!read || read.value().id.empty())
      return internal_failure("agent.identity",
                              "identity.json is damaged: restore it, or remove it and attach with --replace");
    identity.id_ = read.value().id;
    identity.generation_ = read.value().generation;
    return identity;
  }
  if (bytes.error().kind != FailureKind::not_found) return bytes.error();
  identity.id_ = to_hex(random_bytes(kIdBytes));
  HUB_TRY(identity.write());
  return identity;
}

Result<std::uint64_t> Identity::draw_generation(Instant now) {
  generation_ = std::max(generation_ + 1, static_cast<std::uint64_t>(std::max<std::int64_t>(0, now.micros)));
  HUB_TRY(write());
  return generation_;
}

Result<void> Identity::write() const {
  return secrets::write_durably(file_, to_json(IdentityJson{id_, generation_}));
}

}  // namespace hub::agents
