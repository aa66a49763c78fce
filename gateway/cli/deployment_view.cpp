#include "gateway/cli/deployment_view.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/cli/json_view.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kShortIdMin = 12;

std::string shell_quoted(std::string_view word) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@%+,";
  if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) return std::string(word);
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string command_text(const json::value& deployment) {
  std::string text;
  for (const auto& word : array_at(deployment, "command"))
    if (word.is_string()) text += (text.empty() ? "" : " ") + shell_quoted(std::string_view(word.as_string()));
  return text;
}

std::size_t short_id_size(const json::array& items) {
  std::vector<std::string> ids;
  for (const auto& item : items) ids.push_back(text_at(item, "id"));
  std::sort(ids.begin(), ids.end());
  std::size_t size = kShortIdMin;
  for (std::size_t i = 1; i < ids.size(); ++i) {
    const auto [a, b] = std::mismatch(ids[i - 1].begin(), ids[i - 1].end(), ids[i].begin(), ids[i].end());
    size = std::max(size, static_cast<std::size_t>(a - ids[i - 1].begin()) + 1);
  }
  return size;
}

std::string cost_text(const json::value& item) {
  const auto cost = number_at(item, "cost_usd_micro").value_or(0);
  const auto price = number_at(item, "price_usd_micro_per_hour").value_or(0);
  if (cost == 0 && price == 0) return "-";
  return price == 0 ? usd_text(cost) : fmt::format("{} ({}/h)", usd_text(cost), usd_text(price));
}

std::string map_text(const json::value& map) {
  std::string text;
  if (!map.is_object()) return text;
  for (const auto& member : map.as_object()) {
    const auto& value = member.value();
    const auto* plain = value.if_string();
    const auto shown = plain != nullptr ? std::string(plain->data(), plain->size())
                       : value.is_object() && value.as_object().contains("secret")
                           ? "secret " + text_at(value, "secret")
                           : json::serialize(value);
    text += fmt::format("{}{}={}", text.empty() ? "" : "  ", std::string_view(member.key()), shown);
  }
  return text;
}

std::string limits_text(const json::value& limits) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (const auto& cpus = value_at(limits, "cpus"); cpus.is_number()) add(json::serialize(cpus) + " CPUs");
  if (const auto memory = number_at(limits, "memory_bytes")) add(bytes_text(*memory) + " memory");
  if (const auto count = number_at(limits, "processes")) add(count_text(*count) + " processes");
  return text;
}

std::string gpu_text(const json::value& gpu) {
  if (!gpu.is_object()) return {};
  return fmt::format("{} × {}", number_at(gpu, "count").value_or(1), text_at(gpu, "model"));
}

std::string policy_text(const json::value& deployment) {
  const auto& value = value_at(deployment, "restart_policy");
  if (value.is_string()) return text_at(deployment, "restart_policy");
  auto text = text_at(value, "policy");
  if (const auto max = number_at(value, "max_restarts")) text += fmt::format(", at most {}", *max);
  return text;
}

std::string ports_text(const json::value& deployment) {
  std::string text;
  for (const auto& port : array_at(value_at(deployment, "connection"), "ports"))
    text += (text.empty() ? "" : "  ") + text_at(port, "url");
  return text;
}

std::string moment_text(const json::value& object, std::string_view name, Instant now) {
  const auto at = instant_at(object, name);
  return at.is_set() ? fmt::format("{} ({})", to_rfc3339(at), age_text(at, now)) : std::string();
}

std::string number_text(const json::value& object, std::string_view name) {
  const auto number = number_at(object, name);
  return number ? count_text(*number) : std::string();
}

}  // namespace

std::string status_text(const json::value& deployment) {
  auto status = text_at(deployment, "status");
  if (const auto host = text_at(value_at(deployment, "waits_for"), "host"); !host.empty())
    return status + ": waits for host " + host + ", which is away";
  const auto& reason = value_at(deployment, "reason");
  if (!reason.is_object()) return status;
  const auto text = text_at(reason, "text");
  if (!text.empty()) return status + ": " + text;
  if (const auto code = number_at(reason, "exit_code")) return fmt::format("{}: exit {}", status, *code);
  if (const auto signal = number_at(reason, "signal")) return fmt::format("{}: signal {}", status, *signal);
  const auto code = text_at(reason, "code");
  return code.empty() ? status : status + ": " + code;
}

Colour status_colour(std::string_view status) {
  if (status == "running") return Colour::green;
  if (status == "failed" || status == "unreachable") return Colour::red;
  if (status == "stopped" || status == "deleted") return Colour::grey;
  return Colour::yellow;
}

std::string deployments_table(const json::array& items, const Console& console) {
  const std::vector<Column> columns = {{"ID"},      {"NAME", false, 12}, {"STATUS", false, 10}, {"PROVIDER", false, 8},
                                       {"CREATED"}, {"RESTARTS", true},  {"COST", true}};
  const auto size = short_id_size(items);
  const auto now = console.now();
  std::vector<std::vector<Cell>> rows;
  for (const auto& item : items) {
    const auto status = text_at(item, "status");
    rows.push_back({{text_at(item, "id").substr(0, size)},
                    {text_at(item, "name")},
                    {status_text(item), status_colour(status)},
                    {text_at(item, "provider")},
                    {age_text(instant_at(item, "created_at"), now)},
                    {number_text(item, "restarts")},
                    {cost_text(item)}});
  }
  return render_table(columns, rows, console);
}

std::string deployment_fields(const json::value& item, const Console& console) {
  const auto now = console.now();
  const auto& ssh = value_at(value_at(item, "connection"), "ssh");
  return render_fields({{"id", {text_at(item, "id")}},
                        {"name", {text_at(item, "name")}},
                        {"status", {status_text(item), status_colour(text_at(item, "status"))}},
                        {"reason", {text_at(value_at(item, "reason"), "code")}},
                        {"command", {command_text(item)}},
                        {"image", {text_at(item, "image")}},
                        {"provider", {text_at(item, "provider")}},
                        {"host", {text_at(item, "host")}},
                        {"host seen", {moment_text(value_at(item, "waits_for"), "last_seen_at", now)}},
                        {"gpu", {gpu_text(value_at(item, "gpu"))}},
                        {"limits", {limits_text(value_at(item, "limits"))}},
                        {"restart policy", {policy_text(item)}},
                        {"restarts", {number_text(item, "restarts")}},
                        {"stop grace", {text_at(item, "stop_grace")}},
                        {"env", {map_text(value_at(item, "env"))}},
                        {"labels", {map_text(value_at(item, "labels"))}},
                        {"ports", {ports_text(item)}},
                        {"ssh", {text_at(ssh, "command")}},
                        {"cost", {cost_text(item)}},
                        {"project", {text_at(item, "project")}},
                        {"owner", {text_at(item, "owner")}},
                        {"created", {moment_text(item, "created_at", now)}},
                        {"started", {moment_text(item, "started_at", now)}},
                        {"stopped", {moment_text(item, "stopped_at", now)}},
                        {"deleted", {moment_text(item, "deleted_at", now)}},
                        {"version", {number_text(item, "version")}},
                        {"position", {text_at(item, "position")}}},
                       console);
}

std::string event_line(const json::value& event, const Console& console) {
  const auto type = text_at(event, "type");
  const auto& data = value_at(event, "data");
  auto text = fmt::format("{}  {}  {}", coloured(text_at(event, "time"), Colour::grey, console),
                          printable(text_at(event, "subject")), printable(type));
  if (const auto actor = text_at(event, "actor"); !actor.empty()) text += "  by " + printable(actor);
  if (const auto reason = text_at(value_at(data, "reason"), "text"); !reason.empty())
    text += "  (" + printable(reason) + ")";
  return text;
}

}  // namespace hub::cli
