#include "gateway/cli/kafka_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

namespace hub::cli {
namespace {

constexpr std::string_view kSpaces = " \t\r";
constexpr std::string_view kSecretWords[] = {"password", "secret", ".key.pem", "oauthbearer.config", "jaas"};

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  });
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

bool begins_a_property(std::string_view text) {
  const auto equals = text.find('=');
  return equals != std::string_view::npos && is_name(trimmed(text.substr(0, equals)));
}

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const bool ends =
        at == text.size() || text[at] == '\n' || (text[at] == ',' && begins_a_property(text.substr(at + 1)));
    if (!ends) continue;
    parts.push_back(trimmed(text.substr(begin, at - begin)));
    begin = at + 1;
  }
  return parts;
}

}  // namespace

Result<std::map<std::string, std::string>> parse_properties(std::string_view text) {
  std::map<std::string, std::string> properties;
  for (const auto part : parts_of(text)) {
    if (part.empty()) continue;
    if (!begins_a_property(part)) return invalid("config.value", "must be NAME=VALUE, as security.protocol=ssl");
    const auto equals = part.find('=');
    properties.insert_or_assign(std::string(trimmed(part.substr(0, equals))),
                                std::string(trimmed(part.substr(equals + 1))));
  }
  return properties;
}

bool is_secret_property(std::string_view name) {
  return std::any_of(std::begin(kSecretWords), std::end(kSecretWords),
                     [&](std::string_view word) { return name.find(word) != std::string_view::npos; });
}

Result<std::map<std::string, std::string>> kafka_properties(const ServeOptions& options) {
  std::map<std::string, std::string> properties;
  if (!options.kafka_conf_file.empty()) {
    std::ifstream file(options.kafka_conf_file);
    const auto path = options.kafka_conf_file.string();
    std::error_code error;
    // A folder opens, and has no lines.
    if (!file || std::filesystem::is_directory(options.kafka_conf_file, error))
      return invalid("config.file", fmt::format("kafka-conf-file: {} cannot be read", path), "kafka-conf-file");
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
      const auto text = trimmed(line);
      if (text.empty() || text.front() == '#') continue;
      if (!begins_a_property(text))
        return invalid("config.value",
                       fmt::format("{} line {}: must be NAME=VALUE, as sasl.username=hub", path, number),
                       "kafka-conf-file");
      const auto equals = text.find('=');
      properties.insert_or_assign(std::string(trimmed(text.substr(0, equals))),
                                  std::string(trimmed(text.substr(equals + 1))));
    }
  }
  for (const auto& [name, value] : options.kafka_conf) properties.insert_or_assign(name, value);
  return properties;
}

}  // namespace hub::cli
