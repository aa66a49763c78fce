#include "gateway/routes/create_body.hpp"

#include "events/core/digest.hpp"
#include "events/core/json_codec.hpp"
#include "gateway/routes/spec_limits.hpp"

namespace hub::routes {

/// "text" | {"secret": NAME}
struct EnvInput {
  std::optional<std::string> text;
  std::optional<std::string> secret;
};

/// "never" | "on-failure" | "always" | {policy, …}
struct RestartInput {
  deployments::RestartPolicy policy;
};

}  // namespace hub::routes

namespace hub {

template <>
struct JsonCodec<routes::EnvInput> {
  static bool read(JsonReading& reading, simdjson::dom::element element, routes::EnvInput& value) {
    if (element.is_string()) return JsonCodec<std::optional<std::string>>::read(reading, element, value.text);
    simdjson::dom::object object;
    simdjson::dom::element secret;
    if (element.get(object) != simdjson::SUCCESS || object.size() != 1 ||
        object["secret"].get(secret) != simdjson::SUCCESS)
      return reading.refuse("json.type", "must be text or {\"secret\": NAME}");
    return JsonCodec<std::string>::read(reading, secret, value.secret.emplace()) || reading.inside("secret");
  }
};

template <>
struct JsonCodec<routes::RestartInput> {
  static bool read(JsonReading& reading, simdjson::dom::element element, routes::RestartInput& value) {
    if (element.is_string()) return JsonCodec<deployments::Policy>::read(reading, element, value.policy.policy);
    simdjson::dom::element policy;
    if (element.is_object() && element["policy"].get(policy) != simdjson::SUCCESS) {
      reading.refuse("json.missing", "is required");
      return reading.inside("policy");
    }
    return JsonCodec<deployments::RestartPolicy>::read(reading, element, value.policy);
  }
};

}  // namespace hub

namespace hub::routes {
namespace {

struct Create {
  static constexpr std::string_view required[] = {"name", "provider", "command"};
  std::string name;
  std::string provider;
  std::vector<std::string> command;
  std::map<std::string, EnvInput> env;
  std::optional<std::string> image;
  std::vector<deployments::Port> ports;
  std::vector<deployments::File> files;
  std::map<std::string, std::string> labels;
  std::optional<deployments::Gpu> gpu;
  std::optional<deployments::Limits> limits;
  RestartInput restart_policy;
  Duration stop_grace = seconds(10);
  std::int64_t price_usd_micro_per_hour = 0;
  std::optional<std::string> host;
  deployments::Desired desired = deployments::Desired::running;
};

struct Change {
  std::optional<std::string> name;
  std::optional<std::map<std::string, std::string>> labels;
  std::optional<deployments::Limits> limits;
  std::optional<RestartInput> restart_policy;
  std::optional<std::int64_t> price_usd_micro_per_hour;
};

struct Batch {
  static constexpr std::string_view required[] = {"action", "ids"};
  std::string action;
  std::vector<std::string> ids;
};

BOOST_DESCRIBE_STRUCT(Create, (),
                      (name, provider, command, env, image, ports, files, labels, gpu, limits, restart_policy,
                       stop_grace, price_usd_micro_per_hour, host, desired))
BOOST_DESCRIBE_STRUCT(Change, (), (name, labels, limits, restart_policy, price_usd_micro_per_hour))
BOOST_DESCRIBE_STRUCT(Batch, (), (action, ids))

}  // namespace

Result<CreateBody> parse_create(std::string_view json) {
  HUB_TRY(auto read, from_json<Create>(json));
  CreateBody body;
  body.desired = read.desired;
  auto& spec = body.spec;
  spec.name = std::move(read.name);
  spec.provider = std::move(read.provider);
  spec.command = std::move(read.command);
  spec.image = std::move(read.image);
  spec.ports = std::move(read.ports);
  spec.files = std::move(read.files);
  spec.labels = std::move(read.labels);
  spec.gpu = std::move(read.gpu);
  spec.limits = read.limits;
  spec.restart_policy = read.restart_policy.policy;
  spec.stop_grace = read.stop_grace;
  spec.price_usd_micro_per_hour = read.price_usd_micro_per_hour;
  spec.host = std::move(read.host);
  for (auto& [name, value] : read.env) {
    HUB_TRY(check_env_name(name));
    if (value.text) {
      HUB_TRY(check_env_value(name, *value.text));
      body.plain_env.emplace(name, std::move(*value.text));
    } else {
      spec.env[name].secret = std::move(value.secret);
    }
  }
  HUB_TRY(check_spec(spec));
  return body;
}

Result<deployments::ChangeDeployment> parse_change(std::string_view json) {
  HUB_TRY(auto read, from_json<Change>(json));
  deployments::ChangeDeployment change;
  change.name = std::move(read.name);
  change.labels = std::move(read.labels);
  change.limits = read.limits;
  if (read.restart_policy) change.restart_policy = read.restart_policy->policy;
  change.price_usd_micro_per_hour = read.price_usd_micro_per_hour;
  HUB_TRY(check_change(change));
  return change;
}

Result<BatchBody> parse_batch(std::string_view json) {
  HUB_TRY(auto read, from_json<Batch>(json));
  if (read.action != "start" && read.action != "stop" && read.action != "restart" && read.action != "delete")
    return invalid("deployment.action", "must be start, stop, restart or delete", "action");
  if (read.ids.empty() || read.ids.size() > kBatchIdsMax)
    return invalid("deployment.ids", "must name 1 to 1,000 deployments", "ids");
  return BatchBody{std::move(read.action), std::move(read.ids)};
}

}  // namespace hub::routes
