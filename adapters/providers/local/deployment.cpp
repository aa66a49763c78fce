#include "adapters/providers/local/deployment.hpp"

#include "adapters/providers/local/run_files.hpp"

namespace hub::providers::local {
namespace {

constexpr const char* kInstanceName = "instance";

}  // namespace

bool write_instance(const std::string& folder, const InstanceRecord& record) {
  std::string ports;
  for (const auto port : record.ports) ports += std::to_string(port) + " ";
  return replace_file(
      folder, kInstanceName,
      encode_fields(
          {{"limits_by", record.limits_by}, {"ports", ports}, {"container", record.is_container ? "yes" : "no"}}));
}

std::optional<InstanceRecord> read_instance(const std::string& folder) {
  auto fields = decode_fields(read_small_file(folder + "/" + kInstanceName));
  if (fields.count("limits_by") == 0) return std::nullopt;
  InstanceRecord record;
  record.limits_by = fields["limits_by"];
  record.is_container = fields["container"] == "yes";
  std::uint32_t port = 0;
  for (const char c : fields["ports"]) {
    if (c >= '0' && c <= '9') {
      port = port * 10 + static_cast<std::uint32_t>(c - '0');
    } else {
      record.ports.push_back(static_cast<std::uint16_t>(port));
      port = 0;
    }
  }
  return record;
}

}  // namespace hub::providers::local
