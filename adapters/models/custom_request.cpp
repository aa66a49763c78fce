#include "adapters/models/custom_request.hpp"

#include <algorithm>

#include "adapters/models/template.hpp"

namespace hub::calls {
namespace {

constexpr std::string_view kKeyPlaceholder = "{{api_key}}";
/// What the transport decides.
constexpr std::string_view kReservedHeaders[] = {
    "host",    "content-length", "transfer-encoding",   "connection", "upgrade", "proxy-connection", "te",
    "trailer", "expect",         "proxy-authorization", "keep-alive"};

Failure wrong(std::string_view field, std::string_view why) {
  return invalid("model.invalid_settings", why, field);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

bool is_header_name(std::string_view name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

/// Without line ends: they would be further headers.
bool is_header_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) { return c == '\t' || (c >= ' ' && c != 0x7f) || c < 0; });
}

Result<void> check_headers(const ModelSettings& settings) {
  if (settings.headers.size() > kHeadersMax) return wrong("headers", "at most 32 headers");
  for (const auto& [name, value] : settings.headers) {
    const auto field = "headers." + (is_header_name(name) ? name.substr(0, 64) : std::string());
    if (!is_header_name(name)) return wrong("headers", "a header's name has letters, digits and hyphens");
    if (name.size() + value.size() > kHeaderBytesMax) return wrong(field, "a header has at most 8,192 bytes");
    if (!is_header_value(value)) return wrong(field, "a header's value has no control characters");
    const auto reserved = lower(name);
    if (std::find(std::begin(kReservedHeaders), std::end(kReservedHeaders), reserved) != std::end(kReservedHeaders))
      return wrong(field, "this header is the transport's");
  }
  return success();
}

bool has_header(const ModelSettings& settings, std::string_view lower_name) {
  return std::any_of(settings.headers.begin(), settings.headers.end(),
                     [&](const auto& header) { return lower(header.first) == lower_name; });
}

/// Tells whether the key was among them.
bool append_headers(Request& request, const ModelSettings& settings, std::string_view api_key) {
  bool keyed = false;
  for (const auto& [name, value] : settings.headers) {
    auto filled = value;
    for (auto at = filled.find(kKeyPlaceholder); at != std::string::npos;
         at = filled.find(kKeyPlaceholder, at + api_key.size())) {
      filled.replace(at, kKeyPlaceholder.size(), api_key);
      keyed = true;
    }
    // libcurl takes a header without a value for one that is to be left out; with a semicolon it is sent empty.
    request.headers.push_back(filled.empty() ? name + ';' : name + ": " + filled);
  }
  return keyed;
}

bool is_pointer(std::string_view pointer) {
  if (!pointer.empty() && pointer.front() != '/') return false;
  for (std::size_t at = pointer.find('~'); at != std::string_view::npos; at = pointer.find('~', at + 1))
    if (at + 1 == pointer.size() || (pointer[at + 1] != '0' && pointer[at + 1] != '1')) return false;
  return true;
}

std::string template_of(const ModelSettings& settings) {
  return settings.request_template.text.empty() ? "\"{{input}}\"" : settings.request_template.text;
}

}  // namespace

Result<void> check_custom(const ModelSettings& settings) {
  if (settings.url.empty()) return wrong("url", "the URL to call is required");
  if (settings.url.size() > kUrlBytesMax) return wrong("url", "a URL has at most 2,048 bytes");
  if (settings.model.size() > kModelNameBytesMax) return wrong("model", "has at most 512 bytes");
  if (settings.request_template.text.size() > kTemplateBytesMax)
    return wrong("request_template", "has at most 65,536 bytes");
  if (settings.result_pointer.size() > kPointerBytesMax || !is_pointer(settings.result_pointer))
    return wrong("result_pointer", "must be a JSON pointer such as /choices/0/text");
  HUB_TRY(check_headers(settings));
  // Inputs differ in what they hold, not in where it goes: one that fits shows that all do.
  HUB_TRY(fill_template(template_of(settings), {R"("text")", "text", settings.model}));
  return success();
}

std::string custom_endpoint(const ModelSettings& settings) {
  return settings.url;
}

Result<Request> custom_request(const ModelSettings& settings, std::string_view api_key, const Prompt& prompt,
                               std::string_view input) {
  Request request;
  request.url = settings.url;
  request.shape = Shape::pointed;
  request.result_pointer = settings.result_pointer;
  request.secret = api_key;
  HUB_TRY(request.body, fill_template(template_of(settings), {input, prompt.text, settings.model}));
  const bool keyed = append_headers(request, settings, api_key);
  if (!has_header(settings, "content-type")) request.headers.emplace_back("Content-Type: application/json");
  if (!has_header(settings, "accept")) request.headers.emplace_back("Accept: application/json");
  if (!api_key.empty() && !keyed && !has_header(settings, "authorization"))
    request.headers.push_back("Authorization: Bearer " + std::string(api_key));
  return request;
}

}  // namespace hub::calls
