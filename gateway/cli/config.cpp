#include "gateway/cli/config.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

#include "gateway/cli/kafka_options.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

constexpr std::string_view kPrefix = "COMPUTEHUB_";
constexpr std::string_view kMask = "********";
// The name under which operators know the key of the secrets; COMPUTEHUB_ENCRYPTION_KEY is the same.
constexpr std::string_view kEncryptionKeyVariable = "ENCRYPTION_KEY";
constexpr std::string_view kClientVariables[] = {"COMPUTEHUB_URL", "COMPUTEHUB_TOKEN", "COMPUTEHUB_CA",
                                                 "COMPUTEHUB_CONFIG"};

struct Loading {
  Config config;

  Loading() {
    for (const auto& option : serve_options()) config.settings.push_back({std::string(option.name), "", "default"});
  }

  /// The option's value from one source; later calls win.
  Result<void> set(const OptionSpec& option, std::string_view text, const std::string& source) {
    if (auto read = option.read(config.options, text); !read) {
      auto failure = read.error();
      failure.field = option.name;
      // What was to be a property may hold a password.
      const bool hide = option.kind == OptionSpec::Kind::secret || option.kind == OptionSpec::Kind::properties;
      failure.detail = fmt::format("{}: {} {}{}", source, option.name, failure.detail,
                                   hide ? std::string() : fmt::format(", not \"{}\"", printable(text)));
      return failure;
    }
    const auto index = static_cast<std::size_t>(&option - serve_options().data());
    config.settings[index].source = source;
    for (const auto other : changed_with(option.name)) setting_named(other).source = source;
    return success();
  }

 private:
  Setting& setting_named(std::string_view name) {
    return *std::find_if(config.settings.begin(), config.settings.end(),
                         [&](const Setting& setting) { return setting.name == name; });
  }
  /// Options that are names for the same value, or for parts of it.
  static std::vector<std::string_view> changed_with(std::string_view name) {
    if (name == "listen") return {"server.host", "server.port"};
    if (name == "server.host" || name == "server.port") return {"listen"};
    return {};
  }
};

const OptionSpec* option_named(std::string_view name) {
  for (const auto& option : serve_options())
    if (option.name == name) return &option;
  return nullptr;
}

std::vector<std::string_view> option_names() {
  std::vector<std::string_view> names;
  for (const auto& option : serve_options()) names.push_back(option.name);
  return names;
}

Failure bad_file(const std::string& place, std::string_view what) {
  return invalid("config.file", fmt::format("{}: {}", place, what));
}

/// A list is the same as its items with commas between.
Result<std::string> scalar_text(const YAML::Node& node, const std::string& place, const std::string& key) {
  if (node.IsScalar()) return node.Scalar();
  const auto bad =
      invalid("config.value", fmt::format("{}: {} must be one value or a list of values", place, key), key);
  if (!node.IsSequence()) return bad;
  std::string text;
  for (const auto& item : node) {
    if (!item.IsScalar()) return bad;
    text += (text.empty() ? "" : ",") + item.Scalar();
  }
  return text;
}

/// "queue" of "queue.max_retries".
bool is_section(std::string_view key) {
  const auto beginning = std::string(key) + ".";
  const auto options = serve_options();
  return std::any_of(options.begin(), options.end(),
                     [&](const auto& each) { return each.name.starts_with(beginning); });
}

Result<void> set_from_node(Loading& loading, const std::string& file, const std::string& section,
                           const YAML::Node& key_node, const YAML::Node& value, std::set<std::string>& seen) {
  const auto place = fmt::format("{} line {}", file, key_node.Mark().line + 1);
  if (!key_node.IsScalar()) return bad_file(place, "keys are names of options");
  const auto key = section + key_node.Scalar();
  if (section.empty() && value.IsMap() && is_section(key)) {
    for (const auto& entry : value) {
      HUB_TRY(set_from_node(loading, file, key + ".", entry.first, entry.second, seen));
    }
    return success();
  }
  const auto* option = option_named(key);
  if (option == nullptr)
    return invalid("config.unknown_key",
                   fmt::format("{}: unknown key \"{}\"{}", place, printable(key), did_you_mean(key, option_names())),
                   key);
  if (!seen.insert(key).second)
    return invalid("config.repeated_key", fmt::format("{}: {} is given twice", place, key), key);
  HUB_TRY(const auto text, scalar_text(value, place, key));
  return loading.set(*option, text, place);
}

Result<void> set_from_file(Loading& loading, const std::filesystem::path& file) {
  try {
    const auto root = YAML::LoadFile(file.string());
    if (root.IsNull()) return success();
    if (!root.IsMap()) return bad_file(file.string(), "must be a list of \"option: value\" lines");
    std::set<std::string> seen;
    for (const auto& entry : root) {
      HUB_TRY(set_from_node(loading, file.string(), "", entry.first, entry.second, seen));
    }
    return success();
  } catch (const YAML::BadFile&) {
    return bad_file(file.string(), "cannot be read");
  } catch (const YAML::Exception& error) {
    return bad_file(fmt::format("{} line {}", file.string(), error.mark.line + 1), error.msg);
  }
}

/// A service named "computehub" makes Kubernetes set COMPUTEHUB_SERVICE_HOST, COMPUTEHUB_PORT_8080_TCP and the like; a
/// process inside a deployment has COMPUTEHUB_DEPLOYMENT.
bool is_set_by_others(std::string_view name) {
  return name.substr(0, 19) == "COMPUTEHUB_SERVICE_" || name == "COMPUTEHUB_PORT" ||
         name.substr(0, 16) == "COMPUTEHUB_PORT_" || name == "COMPUTEHUB_DEPLOYMENT";
}

bool is_client_variable(std::string_view name) {
  return std::find(std::begin(kClientVariables), std::end(kClientVariables), name) != std::end(kClientVariables);
}

Failure unknown_variable(const std::string& name) {
  // Compared without the prefix that all of them share, or everything would be near.
  std::string short_name = name.substr(kPrefix.size());
  std::transform(short_name.begin(), short_name.end(), short_name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c == '_' ? '-' : c;
  });
  const auto near = nearest(short_name, option_names());
  const auto hint = near.empty() ? std::string() : fmt::format(" (did you mean {}?)", environment_name(near));
  return invalid("config.unknown_key", fmt::format("environment: unknown variable {}{}", printable(name), hint), name);
}

Result<void> set_from_environment(Loading& loading, const std::map<std::string, std::string>& environment) {
  std::map<std::string, const OptionSpec*, std::less<>> by_variable;
  for (const auto& option : serve_options()) by_variable.emplace(environment_name(option.name), &option);
  if (const auto key = environment.find(std::string(kEncryptionKeyVariable)); key != environment.end()) {
    HUB_TRY(loading.set(*option_named("encryption-key"), key->second, "environment ENCRYPTION_KEY"));
  }
  for (const auto& [name, value] : environment) {
    if (name.compare(0, kPrefix.size(), kPrefix) != 0 || is_client_variable(name) || is_set_by_others(name)) continue;
    const auto found = by_variable.find(name);
    if (found == by_variable.end()) return unknown_variable(name);
    HUB_TRY(loading.set(*found->second, value, "environment " + name));
  }
  return success();
}

Result<void> set_from_flags(Loading& loading, const std::vector<std::pair<std::string, std::string>>& flags) {
  for (const auto& [name, value] : flags) {
    const auto* option = option_named(name);
    HUB_ASSERT(option != nullptr);
    if (option->kind == OptionSpec::Kind::properties && is_secret_property(value.substr(0, value.find('='))))
      return invalid("config.value",
                     fmt::format("flag --{}: {} is a secret, which a list of processes would show: put it into a file "
                                 "for --kafka-conf-file, or into {}",
                                 name, printable(value.substr(0, value.find('='))), environment_name(name)),
                     name);
    HUB_TRY(loading.set(*option, value, "flag --" + name));
  }
  return success();
}

}  // namespace

std::string environment_name(std::string_view option) {
  std::string name(kPrefix);
  for (const char c : option) name += c == '-' || c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return name;
}

std::span<const std::string_view> client_variables() {
  return kClientVariables;
}

Result<Config> load_config(const ConfigSources& sources) {
  Loading loading;
  if (!sources.file.empty()) {
    HUB_TRY(set_from_file(loading, sources.file));
  }
  HUB_TRY(set_from_environment(loading, sources.environment));
  HUB_TRY(set_from_flags(loading, sources.flags));
  for (std::size_t i = 0; i < loading.config.settings.size(); ++i) {
    const auto& option = serve_options()[i];
    auto value = option.show(loading.config.options);
    const bool hide = option.kind == OptionSpec::Kind::secret && !value.empty();
    loading.config.settings[i].value = hide ? std::string(kMask) : std::move(value);
  }
  return std::move(loading.config);
}

Result<void> check_serve(const ServeOptions& options) {
  const bool tls = !options.tls_cert.empty();
  if (tls != !options.tls_key.empty())
    return invalid("config.tls_pair", "tls-cert and tls-key go together: give both or neither", "tls-cert");
  if (options.dev && !options.listen.is_loopback())
    return invalid(
        "config.dev_address",
        fmt::format("dev gives one admin token and so listens on loopback only, not on {}: leave --dev away and "
                    "make a key with \"computehub keys create --role admin\", or listen on 127.0.0.1:{}",
                    to_text(options.listen), options.listen.port),
        "listen");
  if (!tls && !options.listen.is_loopback() && options.behind_proxy.empty())
    return invalid("config.no_tls",
                   fmt::format("without TLS, {} would show tokens to the network: give --tls-cert and --tls-key, or "
                               "--behind-proxy with the addresses of the proxy that ends TLS",
                               to_text(options.listen)),
                   "listen");
  if (options.log == LogKind::kafka && options.kafka_brokers.empty())
    return invalid("config.kafka_brokers", "log kafka needs brokers to begin with: give --kafka-brokers HOST:PORT",
                   "kafka-brokers");
  if (!options.encryption_key.empty() && !options.encryption_key_file.empty())
    return invalid("config.encryption_key", "encryption-key and encryption-key-file are both given: leave one away",
                   "encryption-key");
  return success();
}

}  // namespace hub::cli
