#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <set>
#include <span>

#include "gateway/cli/create_request.hpp"
#include "gateway/cli/exit_code.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace json = boost::json;

/// What the API wants at a place. YAML's own guess of a scalar's type is not asked: 0123 in a command is text.
struct Shape {
  enum class Kind { text, whole, number, list, map, object, env_value, restart_policy };
  struct Field {
    std::string_view name;
    const Shape* shape;
  };
  Kind kind = Kind::text;
  const Shape* items = nullptr;     ///< of list and map
  std::span<const Field> fields{};  ///< of object, env_value and restart_policy
};

constexpr Shape kText{Shape::Kind::text};
constexpr Shape kWhole{Shape::Kind::whole};
constexpr Shape kNumber{Shape::Kind::number};
constexpr Shape kTexts{Shape::Kind::list, &kText};
constexpr Shape kTextMap{Shape::Kind::map, &kText};
constexpr Shape::Field kEnvFields[] = {{"secret", &kText}};
constexpr Shape kEnvValue{Shape::Kind::env_value, nullptr, kEnvFields};
constexpr Shape kEnv{Shape::Kind::map, &kEnvValue};
constexpr Shape::Field kPortFields[] = {{"port", &kWhole}, {"name", &kText}, {"protocol", &kText}};
constexpr Shape kPort{Shape::Kind::object, nullptr, kPortFields};
constexpr Shape kPorts{Shape::Kind::list, &kPort};
constexpr Shape::Field kFileFields[] = {{"path", &kText}, {"text", &kText}, {"base64", &kText}};
constexpr Shape kFile{Shape::Kind::object, nullptr, kFileFields};
constexpr Shape kFiles{Shape::Kind::list, &kFile};
constexpr Shape::Field kGpuFields[] = {{"model", &kText}, {"count", &kWhole}};
constexpr Shape kGpu{Shape::Kind::object, nullptr, kGpuFields};
constexpr Shape::Field kLimitFields[] = {{"cpus", &kNumber}, {"memory_bytes", &kWhole}, {"processes", &kWhole}};
constexpr Shape kLimits{Shape::Kind::object, nullptr, kLimitFields};
constexpr Shape::Field kPolicyFields[] = {
    {"policy", &kText}, {"max_restarts", &kWhole}, {"backoff_initial", &kText}, {"backoff_max", &kText}};
constexpr Shape kPolicy{Shape::Kind::restart_policy, nullptr, kPolicyFields};
constexpr Shape::Field kCreateFields[] = {{"name", &kText},       {"provider", &kText},
                                          {"command", &kTexts},   {"env", &kEnv},
                                          {"host", &kText},       {"image", &kText},
                                          {"ports", &kPorts},     {"files", &kFiles},
                                          {"labels", &kTextMap},  {"gpu", &kGpu},
                                          {"limits", &kLimits},   {"restart_policy", &kPolicy},
                                          {"stop_grace", &kText}, {"price_usd_micro_per_hour", &kWhole},
                                          {"desired", &kText}};
constexpr Shape kCreate{Shape::Kind::object, nullptr, kCreateFields};

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  Result<json::value> read(const YAML::Node& node, const Shape& shape, const std::string& path) {
    switch (shape.kind) {
      case Shape::Kind::text:
        return read_text(node, path);
      case Shape::Kind::whole:
        return read_whole(node, path);
      case Shape::Kind::number:
        return read_number(node, path);
      case Shape::Kind::list:
        return read_list(node, shape, path);
      case Shape::Kind::map:
        return read_map(node, shape, path);
      case Shape::Kind::object:
        return read_object(node, shape, path);
      case Shape::Kind::env_value:
      case Shape::Kind::restart_policy:
        return node.IsScalar() ? read_text(node, path) : read_object(node, shape, path);
    }
    HUB_ASSERT(false);
    return bad(node, path, "");
  }

 private:
  Failure bad(const YAML::Node& node, const std::string& path, std::string_view what) const {
    return wrong_usage(fmt::format("{} line {}: {} {}", file_, node.Mark().line + 1, printable(path), what), path);
  }

  static std::string below(const std::string& path, const std::string& name) {
    return path.empty() ? name : path + "." + name;
  }

  Result<json::value> read_text(const YAML::Node& node, const std::string& path) const {
    if (!node.IsScalar()) return bad(node, path, "must be text");
    return json::value(node.Scalar());
  }

  Result<json::value> read_whole(const YAML::Node& node, const std::string& path) const {
    std::int64_t value = 0;
    if (!node.IsScalar() || !read_all(node.Scalar(), value)) return bad(node, path, "must be a whole number");
    return json::value(value);
  }

  Result<json::value> read_number(const YAML::Node& node, const std::string& path) const {
    double value = 0;
    if (!node.IsScalar() || !read_all(node.Scalar(), value) || !std::isfinite(value))
      return bad(node, path, "must be a number");
    return json::value(value);
  }

  template <class T>
  static bool read_all(const std::string& text, T& value) {
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    return read.ec == std::errc{} && read.ptr == end && !text.empty();
  }

  Result<json::value> read_list(const YAML::Node& node, const Shape& shape, const std::string& path) {
    if (!node.IsSequence()) return bad(node, path, "must be a list");
    json::array out;
    for (std::size_t i = 0; i < node.size(); ++i) {
      HUB_TRY(auto item, read(node[i], *shape.items, fmt::format("{}[{}]", path, i)));
      out.push_back(std::move(item));
    }
    return json::value(std::move(out));
  }

  /// Keys and values in order, each key once.
  template <class F>
  Result<void> each_entry(const YAML::Node& node, const std::string& path, F&& use) {
    std::set<std::string> seen;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) return bad(entry.first, path, "has a key that is no text");
      const auto& key = entry.first.Scalar();
      if (!seen.insert(key).second) return bad(entry.first, below(path, key), "is given twice");
      HUB_TRY(use(key, entry.first, entry.second));
    }
    return success();
  }

  Result<json::value> read_map(const YAML::Node& node, const Shape& shape, const std::string& path) {
    if (!node.IsMap()) return bad(node, path, "must be \"name: value\" lines");
    json::object out;
    HUB_TRY(each_entry(node, path, [&](const auto& key, const YAML::Node&, const YAML::Node& value) -> Result<void> {
      HUB_TRY(auto item, read(value, *shape.items, below(path, key)));
      out[key] = std::move(item);
      return success();
    }));
    return json::value(std::move(out));
  }

  Result<json::value> read_object(const YAML::Node& node, const Shape& shape, const std::string& path) {
    if (!node.IsMap()) return bad(node, path.empty() ? "the file" : path, "must be \"name: value\" lines");
    json::object out;
    HUB_TRY(each_entry(node, path, [&](const auto& key, const YAML::Node& at, const YAML::Node& value) -> Result<void> {
      const auto* field = field_named(shape, key);
      if (field == nullptr) return unknown_key(shape, at, below(path, key), key);
      HUB_TRY(auto item, read(value, *field->shape, below(path, key)));
      out[key] = std::move(item);
      return success();
    }));
    return json::value(std::move(out));
  }

  static const Shape::Field* field_named(const Shape& shape, std::string_view name) {
    for (const auto& field : shape.fields)
      if (field.name == name) return &field;
    return nullptr;
  }

  Failure unknown_key(const Shape& shape, const YAML::Node& at, const std::string& path, const std::string& key) const {
    std::vector<std::string_view> names;
    for (const auto& field : shape.fields) names.push_back(field.name);
    return bad(at, path, "is no known key" + did_you_mean(key, names));
  }

  const std::string& file_;
};

}  // namespace

Result<json::object> read_deploy_file(std::string_view yaml, const std::string& name_of_file) {
  try {
    const auto documents = YAML::LoadAll(std::string(yaml));
    if (documents.size() != 1 || documents.front().IsNull())
      return wrong_usage(fmt::format("{}: must hold one deployment, with name, provider and command", name_of_file));
    HUB_TRY(auto value, Reader(name_of_file).read(documents.front(), kCreate, {}));
    return std::move(value.as_object());
  } catch (const YAML::Exception& error) {
    return wrong_usage(fmt::format("{} line {}: {}", name_of_file, error.mark.line + 1, error.msg));
  }
}

}  // namespace hub::cli
