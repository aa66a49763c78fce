#include "adapters/models/outbound_guard.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>

#include "adapters/models/request.hpp"

namespace hub::calls {
namespace {

bool permits(const OutboundGuard& guard, const char* text) {
  sockaddr_storage storage{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
    storage.ss_family = AF_INET;
  } else {
    EXPECT_EQ(inet_pton(AF_INET6, text, &v6->sin6_addr), 1) << text;
    storage.ss_family = AF_INET6;
  }
  return guard.permits(reinterpret_cast<const sockaddr&>(storage));
}

std::string url_code(const OutboundGuard& guard, std::string_view url) {
  const auto checked = guard.check_url(url);
  return checked ? "" : checked.error().code;
}

TEST(OutboundGuard, PermitsThePublicInternet) {
  const OutboundGuard guard;
  for (const char* address : {"1.1.1.1", "8.8.8.8", "104.18.7.192", "100.63.255.255", "100.128.0.0", "172.15.255.255",
                              "172.32.0.0", "192.167.0.1", "198.17.255.255", "223.255.255.255", "2606:4700::1111",
                              "2a00:1450:4001::200e", "64:ff9b::808:808", "::ffff:8.8.8.8"})
    EXPECT_TRUE(permits(guard, address)) << address;
}

TEST(OutboundGuard, RefusesEveryAddressThatIsNotPublic) {
  const OutboundGuard guard;
  for (const char* address : {"0.0.0.0",
                              "0.1.2.3",
                              "10.0.0.1",
                              "10.255.255.255",
                              "100.64.0.1",
                              "100.127.255.255",
                              "127.0.0.1",
                              "127.255.255.254",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.8",
                              "192.0.2.1",
                              "192.88.99.1",
                              "192.168.1.1",
                              "198.18.0.1",
                              "198.19.255.255",
                              "198.51.100.1",
                              "203.0.113.9",
                              "224.0.0.1",
                              "239.255.255.255",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "fe80::1",
                              "fec0::1",
                              "fc00::1",
                              "fd12:3456::1",
                              "ff02::1",
                              "2001::1",
                              "2001:db8::1",
                              "2002:7f00:1::",
                              "3fff::1",
                              "100::1",
                              "64:ff9b:1::1",
                              "::127.0.0.1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.0.0.1",
                              "::ffff:169.254.169.254",
                              "64:ff9b::7f00:1",
                              "64:ff9b::a9fe:a9fe",
                              "64:ff9b::a00:1"})
    EXPECT_FALSE(permits(guard, address)) << address;
  const sockaddr local{AF_UNIX, {}};
  EXPECT_FALSE(guard.permits(local));
}

TEST(OutboundGuard, PermitsWhatTheOperatorAllowsAndNoMore) {
  const auto guard = OutboundGuard::make({"10.1.0.0/16", "192.168.7.9", "fd00:1::/32"}, false).value();
  for (const char* address :
       {"10.1.0.0", "10.1.255.255", "192.168.7.9", "fd00:1::5", "::ffff:10.1.2.3", "64:ff9b::a01:203", "8.8.8.8"})
    EXPECT_TRUE(permits(guard, address)) << address;
  for (const char* address : {"10.0.255.255", "10.2.0.0", "192.168.7.8", "fd00:2::5", "127.0.0.1", "::1"})
    EXPECT_FALSE(permits(guard, address)) << address;
  const auto every6 = OutboundGuard::make({"::/0"}, false).value();
  EXPECT_TRUE(permits(every6, "fd00::1"));
  EXPECT_FALSE(permits(every6, "10.0.0.1")) << "IPv4 is allowed as IPv4";
  EXPECT_TRUE(permits(OutboundGuard::make({"0.0.0.0/0"}, false).value(), "10.0.0.1"));
}

TEST(OutboundGuard, PermitsLoopbackWhenTold) {
  const auto guard = OutboundGuard::make({}, true).value();
  EXPECT_TRUE(permits(guard, "127.0.0.1"));
  EXPECT_TRUE(permits(guard, "127.9.9.9"));
  EXPECT_TRUE(permits(guard, "::1"));
  EXPECT_TRUE(permits(guard, "::ffff:127.0.0.1"));
  EXPECT_FALSE(permits(guard, "10.0.0.1"));
  EXPECT_FALSE(permits(guard, "0.0.0.0"));
}

TEST(OutboundGuard, RefusesWhatIsNoBlock) {
  for (const char* text :
       {"", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "fd00::/129", "example.com", "10.0.0.0/8x", "/8"}) {
    const auto made = OutboundGuard::make({text}, false);
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(made.error().code, "address_block.invalid");
  }
}

TEST(OutboundGuard, ChecksUrlsBeforeTheyAreCalled) {
  const OutboundGuard guard;
  for (const char* url : {"https://api.openai.com/v1", "http://example.com:8080/x?y=1", "https://8.8.8.8",
                          "https://[2606:4700::1111]/v1", "https://mylocalhost/v1"})
    EXPECT_EQ(url_code(guard, url), "") << url;
  for (const char* url : {"", "api.openai.com/v1/x", "ftp://example.com", "file:///etc/passwd", "gopher://example.com",
                          "http://", "http:///x", "https://user:pass@example.com", "https://user@example.com",
                          "https://@example.com", "https://example.com/#fragment", "https://exam ple.com",
                          "https://example.com/\r\nX: y", "https://example.com:99999", "https://bücher.example"})
    EXPECT_EQ(url_code(guard, url), "model.invalid_url") << url;
  EXPECT_EQ(url_code(guard, "https://example.com/" + std::string(kUrlBytesMax, 'x')), "model.invalid_url");
}

TEST(OutboundGuard, RefusesLiteralAddressesInEverySpelling) {
  const OutboundGuard guard;
  for (const char* url :
       {"http://127.0.0.1", "http://127.1", "http://2130706433", "http://0x7f000001", "http://0177.0.0.1", "http://0",
        "http://169.254.169.254/latest", "http://10.0.0.1:8080/v1", "http://[::1]/", "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/", "http://[fe80::1%25eth0]/", "http://[64:ff9b::7f00:1]", "http://localhost",
        "http://LOCALHOST:80", "http://localhost./", "http://a.localhost", "http://127.0.0.1./",
        "http://%31%32%37.0.0.1/"})
    EXPECT_EQ(url_code(guard, url), "model.refused_address") << url;
  const auto dev = OutboundGuard::make({}, true).value();
  EXPECT_EQ(url_code(dev, "http://localhost:9/v1"), "");
  EXPECT_EQ(url_code(dev, "http://127.0.0.1:9/v1"), "");
}

}  // namespace
}  // namespace hub::calls
