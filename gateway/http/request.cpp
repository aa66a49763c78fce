#include "gateway/http/request.hpp"

#include <algorithm>
#include <cstring>

#include "events/core/digest.hpp"

namespace hub::http {
namespace {

constexpr std::size_t kRequestIdMax = 64;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool is_request_id(std::string_view text) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !text.empty() && text.size() <= kRequestIdMax && text.find_first_not_of(kAllowed) == std::string_view::npos;
}

/// 64 bits that no other request has: a counter through a mixer with a random start for each thread.
std::uint64_t next_number() {
  thread_local std::uint64_t state = [] {
    std::uint64_t seed = 0;
    std::memcpy(&seed, random_bytes(sizeof seed).data(), sizeof seed);
    return seed;
  }();
  state += 0x9E3779B97F4A7C15U;
  std::uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
  return mixed ^ (mixed >> 31U);
}

void make_request_id(std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out.assign("req_");
  std::uint64_t number = next_number();
  for (int i = 0; i < 16; ++i, number >>= 4U) out += kDigits[number & 15U];
}

}  // namespace

bool equal_without_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

bool list_holds(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    auto item = list.substr(0, list.find(','));
    list.remove_prefix(std::min(item.size() + 1, list.size()));
    item = item.substr(0, item.find(';'));
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
    if (equal_without_case(item, token)) return true;
  }
  return false;
}

std::optional<std::string_view> Request::header(std::string_view name) const {
  for (const auto& header : headers)
    if (equal_without_case(header.name, name)) return header.value;
  return std::nullopt;
}

std::string_view Request::param(std::string_view name) const {
  for (const auto& parameter : path_parameters)
    if (parameter.name == name) return parameter.value;
  HUB_ASSERT(!"the route's pattern has no such parameter");
}

void Request::clear() {
  target = path = body = id = route = {};
  headers.clear();
  path_parameters.clear();
  query.clear();
  decoded.clear();
  missed.clear();
  principal.reset();
  keep_alive = true;
  http_1_0 = upgrade = expects_continue = secure = may_look_again = false;
}

void assign_request_id(Request& request) {
  const auto given = request.header("x-request-id");
  if (given && is_request_id(*given)) {
    request.id = *given;
    return;
  }
  make_request_id(request.id_storage);
  request.id = request.id_storage;
}

Result<void> parse_target(Request& request) {
  std::string_view target = request.target;
  // A client of a proxy sends the whole address; what counts is the Host header, which it must send too.
  for (const std::string_view scheme : {"http://", "https://"})
    if (equal_without_case(target.substr(0, scheme.size()), scheme)) {
      target.remove_prefix(std::min(target.find_first_of("/?", scheme.size()), target.size()));
      break;
    }
  const bool everything = target == "*" && request.method == Verb::options;
  if (!everything && !target.starts_with('/')) return malformed("http.bad_target", "the request target must be a path");
  if (target.find('#') != std::string_view::npos)
    return malformed("http.bad_target", "the request target holds a fragment");
  const auto mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark == std::string_view::npos) return success();
  return request.query.parse(target.substr(mark + 1), request.decoded);
}

}  // namespace hub::http
