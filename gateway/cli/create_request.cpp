#include "gateway/cli/create_request.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "events/core/digest.hpp"
#include "events/core/instant.hpp"
#include "events/core/json.hpp"
#include "gateway/cli/flag_values.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace json = boost::json;

// The API takes bodies up to 1 MiB; a larger file is refused here, with better words.
constexpr std::size_t kFileBytesMax = 768 * 1'024;

json::array& array_in(json::object& body, std::string_view name) {
  auto& value = body[name];
  if (!value.is_array()) value = json::array();
  return value.as_array();
}

Result<void> apply_maps(const DeployFlags& flags, json::object& body) {
  for (const auto& text : flags.env) {
    HUB_TRY(const auto pair, split_pair(text, '=', "--env", "NAME=VALUE"));
    object_in(body, "env")[pair.left] = pair.right;
  }
  for (const auto& text : flags.secrets) {
    HUB_TRY(const auto pair, split_pair(text, '=', "--secret", "NAME=SECRET, the name of a stored secret"));
    object_in(body, "env")[pair.left] = json::object{{"secret", pair.right}};
  }
  for (const auto& text : flags.labels) {
    HUB_TRY(const auto pair, split_pair(text, '=', "--label", "KEY=VALUE"));
    object_in(body, "labels")[pair.left] = pair.right;
  }
  return success();
}

/// "[NAME:]PORT[/PROTOCOL]"
Result<void> apply_ports(const DeployFlags& flags, json::object& body) {
  for (std::string_view text : flags.ports) {
    json::object port;
    std::string name, protocol;
    if (const auto colon = text.find(':'); colon != std::string_view::npos) {
      name = text.substr(0, colon);
      text = text.substr(colon + 1);
    }
    if (const auto slash = text.find('/'); slash != std::string_view::npos) {
      protocol = text.substr(slash + 1);
      text = text.substr(0, slash);
    }
    HUB_TRY(const auto number, named(parse_count(text, 1, 65'535), "--port"));
    port["port"] = number;
    if (!name.empty()) port["name"] = name;
    if (!protocol.empty()) port["protocol"] = protocol;
    array_in(body, "ports").push_back(std::move(port));
  }
  return success();
}

Result<std::string> read_file(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    return wrong_usage(fmt::format("--file: {} is a folder; give files one by one", path), "--file");
  std::ifstream file(path, std::ios::binary);
  if (!file) return wrong_usage(fmt::format("--file: {} cannot be read", path), "--file");
  std::string bytes(kFileBytesMax + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (bytes.size() > kFileBytesMax)
    return wrong_usage(fmt::format("--file: {} is larger than {}: have the command fetch it", path,
                                   bytes_text(static_cast<std::int64_t>(kFileBytesMax))),
                       "--file");
  return bytes;
}

Result<void> apply_files(const DeployFlags& flags, json::object& body) {
  for (const auto& text : flags.files) {
    const auto colon = text.rfind(':');
    const auto local = text.substr(0, colon);
    const auto path =
        colon == std::string::npos ? std::filesystem::path(text).filename().string() : text.substr(colon + 1);
    if (local.empty() || path.empty())
      return wrong_usage(fmt::format("--file \"{}\": write it as LOCAL:PATH", printable(text)), "--file");
    HUB_TRY(const auto bytes, read_file(local));
    const bool is_text = is_valid_utf8(bytes) && bytes.find('\0') == std::string::npos;
    json::object file{{"path", path}};
    file[is_text ? "text" : "base64"] = is_text ? bytes : to_base64(bytes);
    array_in(body, "files").push_back(std::move(file));
  }
  return success();
}

/// "MODEL" or "MODEL:COUNT"
Result<void> apply_gpu(const DeployFlags& flags, json::object& body) {
  if (flags.gpu.empty()) return success();
  const auto colon = flags.gpu.rfind(':');
  std::int64_t count = 1;
  if (colon != std::string::npos) {
    HUB_TRY(count, named(parse_count(std::string_view(flags.gpu).substr(colon + 1), 1, 16), "--gpu"));
  }
  if (colon == 0) return wrong_usage("--gpu: write it as MODEL:COUNT, as \"RTX 4090:2\"", "--gpu");
  body["gpu"] = json::object{{"model", flags.gpu.substr(0, colon)}, {"count", count}};
  return success();
}

Result<void> apply_limits(const DeployFlags& flags, json::object& body) {
  if (!flags.cpus.empty()) {
    double cpus = 0;
    const auto* end = flags.cpus.data() + flags.cpus.size();
    const auto read = std::from_chars(flags.cpus.data(), end, cpus, std::chars_format::fixed);
    if (read.ec != std::errc{} || read.ptr != end || !std::isfinite(cpus) || cpus <= 0)
      return wrong_usage(fmt::format("--cpus: \"{}\" is not a number of CPUs, as 0.5 or 4", flags.cpus), "--cpus");
    object_in(body, "limits")["cpus"] = cpus;
  }
  if (!flags.memory.empty()) {
    HUB_TRY(const auto bytes, named(parse_bytes(flags.memory), "--memory"));
    object_in(body, "limits")["memory_bytes"] = bytes;
  }
  if (!flags.processes.empty()) {
    HUB_TRY(const auto count, named(parse_count(flags.processes, 1, 1'000'000), "--processes"));
    object_in(body, "limits")["processes"] = count;
  }
  return success();
}

Result<void> apply_restart(const DeployFlags& flags, json::object& body) {
  if (flags.restart.empty() && flags.max_restarts.empty()) return success();
  auto& value = body["restart_policy"];
  json::object policy;
  if (value.is_object()) policy = value.as_object();
  if (value.is_string()) policy["policy"] = value;
  if (!flags.restart.empty()) {
    constexpr std::string_view choices[] = {"never", "on-failure", "always"};
    if (std::find(std::begin(choices), std::end(choices), flags.restart) == std::end(choices))
      return wrong_usage(fmt::format("--restart: \"{}\" is not one of never, on-failure, always{}", flags.restart,
                                     did_you_mean(flags.restart, choices)),
                         "--restart");
    policy["policy"] = flags.restart;
  }
  if (!flags.max_restarts.empty()) {
    if (!policy.contains("policy") || policy["policy"] == "never")
      return wrong_usage("--max-restarts needs --restart on-failure or always", "--max-restarts");
    HUB_TRY(const auto count, named(parse_count(flags.max_restarts, 0, 1'000'000), "--max-restarts"));
    policy["max_restarts"] = count;
  }
  value = std::move(policy);
  return success();
}

Result<void> apply_plain(const DeployFlags& flags, json::object& body) {
  const auto put = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) body[name] = value;
  };
  put("name", flags.name);
  put("provider", flags.provider);
  put("host", flags.host);
  put("image", flags.image);
  if (!flags.stop_grace.empty()) {
    HUB_TRY(const auto grace, named(parse_duration(flags.stop_grace), "--stop-grace"));
    body["stop_grace"] = to_text(grace);
  }
  if (!flags.price.empty()) {
    HUB_TRY(const auto price, named(parse_usd_micro(flags.price), "--price"));
    body["price_usd_micro_per_hour"] = price;
  }
  if (flags.stopped) body["desired"] = "stopped";
  if (!flags.command.empty()) body["command"] = json::array(flags.command.begin(), flags.command.end());
  return success();
}

Result<void> fill_in(json::object& body) {
  const auto* command = body.if_contains("command");
  const bool has_command = command != nullptr && command->is_array() && !command->as_array().empty();
  if (!has_command)
    return wrong_usage(
        "what shall run? Give the command behind \"--\", as in: computehub deploy --name hello -- echo hello");
  if (!body.contains("provider")) body["provider"] = "local";
  if (!body.contains("name") && command->as_array().front().is_string()) {
    const auto& program = command->as_array().front().as_string();
    body["name"] = std::filesystem::path(program.begin(), program.end()).filename().string();
  }
  return success();
}

}  // namespace

Result<void> apply_flags(const DeployFlags& flags, json::object& body) {
  HUB_TRY(apply_plain(flags, body));
  HUB_TRY(apply_maps(flags, body));
  HUB_TRY(apply_ports(flags, body));
  HUB_TRY(apply_files(flags, body));
  HUB_TRY(apply_gpu(flags, body));
  HUB_TRY(apply_limits(flags, body));
  HUB_TRY(apply_restart(flags, body));
  return fill_in(body);
}

}  // namespace hub::cli
