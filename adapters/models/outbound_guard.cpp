#include "adapters/models/outbound_guard.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <span>

#include "adapters/models/request.hpp"

namespace hub::calls {
namespace {

constexpr int kMappedBits = 96;
constexpr std::string_view kLoopback[] = {"127.0.0.0/8", "::1"};

struct Special {
  unsigned char prefix[16];
  int bits;
};
/// IPv4 blocks that are not the public internet (IANA's special-purpose registry), as the last four bytes.
constexpr struct {
  unsigned char prefix[4];
  int bits;
} kSpecial4[] = {
    {{0, 0, 0, 0}, 8},        // this network
    {{10, 0, 0, 0}, 8},       // private
    {{100, 64, 0, 0}, 10},    // shared by carriers
    {{127, 0, 0, 0}, 8},      // loopback
    {{169, 254, 0, 0}, 16},   // link-local, the clouds' metadata among them
    {{172, 16, 0, 0}, 12},    // private
    {{192, 0, 0, 0}, 24},     // protocol assignments
    {{192, 0, 2, 0}, 24},     // documentation
    {{192, 88, 99, 0}, 24},   // 6to4 relays
    {{192, 168, 0, 0}, 16},   // private
    {{198, 18, 0, 0}, 15},    // benchmarks
    {{198, 51, 100, 0}, 24},  // documentation
    {{203, 0, 113, 0}, 24},   // documentation
    {{224, 0, 0, 0}, 4},      // multicast
    {{240, 0, 0, 0}, 4},      // reserved, broadcast
};
/// Only 2000::/3 is the public internet, and these parts of it are not.
constexpr Special kPublic6 = {{0x20}, 3};
constexpr Special kSpecial6[] = {
    {{0x20, 0x01}, 23},              // protocol assignments, Teredo and ORCHID among them
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    {{0x20, 0x02}, 16},              // 6to4: an IPv4 address
    {{0x3f, 0xff}, 20},              // documentation
};
/// Addresses that a gateway turns into the IPv4 address of their last four bytes.
constexpr Special kTranslated = {{0x00, 0x64, 0xff, 0x9b}, 96};
constexpr Special kMapped = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, kMappedBits};

bool starts_with(const unsigned char* address, const unsigned char* prefix, int bits) {
  const int bytes = bits / 8;
  const int rest = bits % 8;
  if (std::memcmp(address, prefix, static_cast<std::size_t>(bytes)) != 0) return false;
  return rest == 0 || ((address[bytes] ^ prefix[bytes]) >> (8 - rest)) == 0;
}

bool is_public4(const unsigned char* address) {
  return std::none_of(std::begin(kSpecial4), std::end(kSpecial4),
                      [&](const auto& block) { return starts_with(address, block.prefix, block.bits); });
}

bool is_public6(const unsigned char* address) {
  if (!starts_with(address, kPublic6.prefix, kPublic6.bits)) return false;
  return std::none_of(std::begin(kSpecial6), std::end(kSpecial6),
                      [&](const Special& block) { return starts_with(address, block.prefix, block.bits); });
}

in6_addr mapped(const void* v4) {
  in6_addr address{};
  std::memcpy(address.s6_addr, kMapped.prefix, 12);
  std::memcpy(address.s6_addr + 12, v4, 4);
  return address;
}

/// The address behind one that a translator stands for; others as they are.
in6_addr translated(const in6_addr& address) {
  if (!starts_with(address.s6_addr, kTranslated.prefix, kTranslated.bits)) return address;
  return mapped(address.s6_addr + 12);
}

/// True when `text` is an address; `bits` is then the length of its whole.
bool parse_address(const std::string& text, in6_addr& address, int& bits, int& bits_before) {
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) {
    address = mapped(&v4);
    bits = 32;
    bits_before = kMappedBits;
    return true;
  }
  bits = 128;
  bits_before = 0;
  return inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

struct UrlFree {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlFree>;

/// A part of a URL, empty when it has none.
std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

bool is_localhost(std::string host) {
  std::transform(host.begin(), host.end(), host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  constexpr std::string_view name = "localhost";
  if (host.size() < name.size() || host.compare(host.size() - name.size(), name.size(), name) != 0) return false;
  return host.size() == name.size() || host[host.size() - name.size() - 1] == '.';
}

/// A host without the brackets and the zone of an IPv6 address, and without the dot that ends a whole name.
std::string bare(std::string host) {
  if (!host.empty() && host.back() == '.') host.pop_back();
  if (host.size() < 2 || host.front() != '[') return host;
  host = host.substr(1, host.size() - 2);
  return host.substr(0, host.find('%'));
}

Failure invalid_url(std::string_view why) {
  return invalid("model.invalid_url", why);
}
Failure refused_address() {
  return invalid("model.refused_address",
                 "a private, loopback or reserved address, which outbound.allow does not name");
}

}  // namespace

Result<OutboundGuard> OutboundGuard::make(const std::vector<std::string>& allow, bool loopback) {
  OutboundGuard guard;
  for (const auto& text : allow) {
    HUB_TRY(const auto block, parse_block(text));
    guard.allowed_.push_back(block);
  }
  if (!loopback) return guard;
  for (const auto text : kLoopback) {
    HUB_TRY(const auto block, parse_block(text));
    guard.allowed_.push_back(block);
  }
  return guard;
}

Result<OutboundGuard::Block> OutboundGuard::parse_block(std::string_view text) {
  const auto slash = text.find('/');
  Block block;
  int most = 0;
  int before = 0;
  const auto refusal = [&] {
    return invalid("address_block.invalid", "not a block of addresses such as 10.1.0.0/16 or fd00::/8",
                   "outbound.allow");
  };
  if (!parse_address(std::string(text.substr(0, slash)), block.prefix, most, before)) return refusal();
  int bits = most;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc{} || end != digits.data() + digits.size() || bits < 0 || bits > most) return refusal();
  }
  block.bits = before + bits;
  return block;
}

bool OutboundGuard::holds(const Block& block, const in6_addr& address) {
  // ::/0 means IPv6: IPv4 is allowed as IPv4.
  const bool v4 = starts_with(address.s6_addr, kMapped.prefix, kMapped.bits);
  if (v4 && block.bits < kMappedBits) return false;
  return starts_with(address.s6_addr, block.prefix.s6_addr, block.bits);
}

bool OutboundGuard::permits(const in6_addr& given) const {
  const auto address = translated(given);
  for (const auto& block : allowed_)
    if (holds(block, address)) return true;
  if (starts_with(address.s6_addr, kMapped.prefix, kMapped.bits)) return is_public4(address.s6_addr + 12);
  return is_public6(address.s6_addr);
}

bool OutboundGuard::permits(const sockaddr& address) const {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return permits(mapped(&v4.sin_addr));
  }
  if (address.sa_family != AF_INET6) return false;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  return permits(v6.sin6_addr);
}

Result<void> OutboundGuard::check_url(std::string_view text) const {
  if (text.size() > kUrlBytesMax) return invalid_url("a URL has at most 2,048 bytes");
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c >= 0x7f; }))
    return invalid_url("a URL has no blanks, no control characters, and is ASCII");
  const Url url(curl_url());
  HUB_ASSERT(url);
  // The parser is the one that makes the calls, so there is one opinion on what the host is.
  const auto whole = std::string(text);
  if (curl_url_set(url.get(), CURLUPART_URL, whole.c_str(), 0) != CURLUE_OK)
    return invalid_url("not a URL such as https://api.example.com/v1");
  const auto scheme = part_of(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return invalid_url("only http and https are called");
  if (!part_of(url.get(), CURLUPART_USER).empty() || !part_of(url.get(), CURLUPART_PASSWORD).empty() ||
      text.substr(0, text.find('/', text.find("://") + 3)).find('@') != std::string_view::npos)
    return invalid_url("no user information: give the key as api_key");
  if (!part_of(url.get(), CURLUPART_FRAGMENT).empty()) return invalid_url("a URL that is called has no fragment");
  const auto host = bare(part_of(url.get(), CURLUPART_HOST));
  // libcurl takes the first word of a path for a host that is not there.
  if (host.empty() || text.substr(text.find("://"), 4) == ":///") return invalid_url("a URL needs a host");
  in6_addr address{};
  int bits = 0;
  int before = 0;
  const bool literal = parse_address(host, address, bits, before);
  if (literal && !permits(address)) return refused_address();
  if (!literal && is_localhost(host) && !permits(mapped("\x7f\x00\x00\x01")) && !permits(in6addr_loopback))
    return refused_address();
  return success();
}

}  // namespace hub::calls
