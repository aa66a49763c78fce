#include "gateway/http/router.hpp"

#include <algorithm>

namespace hub::http {
namespace {

constexpr std::size_t kSegmentsMax = 32;

struct Entry {
  Route route;
  std::vector<std::string> names;  // of the path parameters, in order
  bool takes_rest = false;         // the last of them holds slashes
};

/// Takes the first segment off `rest`, which starts with "/" or is empty.
std::string_view take_segment(std::string_view& rest) {
  rest.remove_prefix(1);
  const auto segment = rest.substr(0, rest.find('/'));
  rest.remove_prefix(segment.size());
  return segment;
}

bool is_parameter(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

/// A segment that means another place in the tree, or none, is no name of anything.
bool is_trick(std::string_view decoded) {
  return decoded.empty() || decoded == "." || decoded == ".." || decoded.find_first_of("/\\") != std::string_view::npos;
}
bool is_trick_of_rest(std::string_view decoded) {
  return decoded.starts_with('/') || decoded.find('\\') != std::string_view::npos ||
         decoded.find("..") != std::string_view::npos || decoded.find("//") != std::string_view::npos;
}

/// Decodes the raw `values` into the request's path parameters. False when one is no name of anything.
bool set_parameters(Request& request, const Entry& entry, const std::vector<std::string_view>& values) {
  for (std::size_t i = 0; i < entry.names.size(); ++i) {
    const auto decoded = percent_decoded(values[i], request.decoded, false);
    const bool is_rest = entry.takes_rest && i + 1 == entry.names.size();
    if (!decoded || (is_rest ? is_trick_of_rest(*decoded) : is_trick(*decoded))) return false;
    request.path_parameters.push_back({entry.names[i], *decoded});
  }
  return true;
}

asio::awaitable<Response> refuse_always(Request& request, const Failure& failure) {
  co_return refuse(request, failure);
}

}  // namespace

struct Router::Node {
  std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;
  std::unique_ptr<Node> parameter;
  std::unique_ptr<Node> rest;
  std::vector<std::unique_ptr<Entry>> entries;

  Node& literal(std::string_view segment) {
    for (auto& [text, node] : literals)
      if (text == segment) return *node;
    return *literals.emplace_back(std::string(segment), std::make_unique<Node>()).second;
  }
  static Node& made(std::unique_ptr<Node>& place) {
    if (!place) place = std::make_unique<Node>();
    return *place;
  }
  const Entry* entry(Verb verb) const {
    for (const auto& candidate : entries)
      if (candidate->route.verb == verb) return candidate.get();
    return nullptr;
  }

  /// The node of `path`, or null. `values` gets the raw text of the parameters.
  const Node* find(std::string_view path, std::vector<std::string_view>& values) const;
};

const Router::Node* Router::Node::find(std::string_view path, std::vector<std::string_view>& values) const {
  if (path.empty()) return entries.empty() ? nullptr : this;
  const auto whole = path;
  const auto segment = take_segment(path);
  for (const auto& [text, node] : literals)
    if (text == segment)
      if (const auto* found = node->find(path, values)) return found;
  if (values.size() == kSegmentsMax) return nullptr;
  values.push_back(segment);
  if (parameter && !segment.empty())
    if (const auto* found = parameter->find(path, values)) return found;
  values.pop_back();
  if (!rest) return nullptr;
  values.push_back(whole.substr(1));
  return rest.get();
}

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(Route route) {
  HUB_ASSERT(route.pattern.starts_with('/') && static_cast<bool>(route.handler) != static_cast<bool>(route.upgrade));
  if (write_failure_ && route.verb != Verb::get && !route.changes_nothing)
    route.handler = [failure = *write_failure_](Request& request) { return refuse_always(request, failure); };
  Node* node = root_.get();
  auto entry = std::make_unique<Entry>();
  for (std::string_view path = route.pattern; !path.empty();) {
    const auto segment = take_segment(path);
    if (!is_parameter(segment)) {
      node = &node->literal(segment);
    } else if (segment.ends_with("*}")) {
      HUB_ASSERT(path.empty());
      entry->names.emplace_back(segment.substr(1, segment.size() - 3));
      entry->takes_rest = true;
      node = &Node::made(node->rest);
    } else {
      entry->names.emplace_back(segment.substr(1, segment.size() - 2));
      node = &Node::made(node->parameter);
    }
  }
  HUB_ASSERT(node->entry(route.verb) == nullptr);
  entry->route = std::move(route);
  entry->route.number = count_++;
  node->entries.push_back(std::move(entry));
}

void Router::add_fallback(Route route) {
  HUB_ASSERT(!fallback_ && route.verb == Verb::get && route.handler);
  route.number = count_++;
  fallback_ = std::make_unique<Route>(std::move(route));
}

Match Router::fall_back(Request& request) const {
  request.path_parameters.clear();
  if (!fallback_ || (request.method != Verb::get && request.method != Verb::head)) return {};
  request.route = fallback_->pattern;
  request.route_number = fallback_->number;
  return {fallback_.get(), false};
}

Match Router::find(Request& request) const {
  thread_local std::vector<std::string_view> values;
  values.clear();
  request.path_parameters.clear();
  if (!request.path.starts_with('/')) return {};
  const Node* node = root_->find(request.path, values);
  if (node == nullptr) return fall_back(request);
  const Entry* entry = node->entry(request.method);
  if (entry == nullptr && request.method == Verb::head) entry = node->entry(Verb::get);
  if (!set_parameters(request, entry != nullptr ? *entry : *node->entries.front(), values)) return fall_back(request);
  if (entry == nullptr) return {nullptr, true};
  request.route = entry->route.pattern;
  request.route_number = entry->route.number;
  return {&entry->route, true};
}

std::string Router::allowed(Request& request) const {
  std::vector<std::string_view> values;
  const Node* node = request.path.starts_with('/') ? root_->find(request.path, values) : nullptr;
  if (node == nullptr) return {};
  std::string out;
  for (const auto& entry : node->entries) {
    out += beast::http::to_string(entry->route.verb);
    out += entry->route.verb == Verb::get && entry->route.handler ? ", HEAD, " : ", ";
  }
  return out + "OPTIONS";
}

std::vector<const Route*> Router::routes() const {
  std::vector<const Route*> all;
  if (fallback_) all.push_back(fallback_.get());
  std::vector<const Node*> open{root_.get()};
  while (!open.empty()) {
    const Node* node = open.back();
    open.pop_back();
    for (const auto& entry : node->entries) all.push_back(&entry->route);
    for (const auto& [text, next] : node->literals) open.push_back(next.get());
    if (node->parameter) open.push_back(node->parameter.get());
    if (node->rest) open.push_back(node->rest.get());
  }
  return all;
}

}  // namespace hub::http
