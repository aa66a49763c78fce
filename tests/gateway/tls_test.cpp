#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "tests/gateway/test_site.hpp"

namespace hub {
namespace {

using ::testing::HasSubstr;
using testing::TestSite;

/// Writes a fresh key, and a certificate for it that it signs itself, with `name` as common name.
void write_certificate(const std::filesystem::path& certificate_file, const std::filesystem::path& key_file,
                       const std::string& name) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3'600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(certificate.get(), subject);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const std::unique_ptr<std::FILE, decltype(&std::fclose)> to(std::fopen(certificate_file.c_str(), "w"), std::fclose);
  PEM_write_X509(to.get(), certificate.get());
  const std::unique_ptr<std::FILE, decltype(&std::fclose)> key_to(std::fopen(key_file.c_str(), "w"), std::fclose);
  PEM_write_PrivateKey(key_to.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

class Tls : public ::testing::Test {
 protected:
  Tls() : folder_(std::filesystem::temp_directory_path() / ("hub-tls-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
    write_certificate(certificate(), key(), "first");
  }
  ~Tls() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path certificate() const { return folder_ / "certificate.pem"; }
  std::filesystem::path key() const { return folder_ / "key.pem"; }
  http::ServerOptions options() const {
    http::ServerOptions options;
    options.tls_certificate_file = certificate();
    options.tls_key_file = key();
    return options;
  }

 private:
  std::filesystem::path folder_;
};

struct TlsAnswer {
  std::string text;
  std::string certificate_name;
};

TlsAnswer get_over_tls(std::uint16_t port, std::string_view target) {
  asio::io_context io;
  asio::ssl::context context(asio::ssl::context::tls_client);
  asio::ssl::stream<asio::ip::tcp::socket> stream(io, context);
  stream.next_layer().connect({asio::ip::address_v4::loopback(), port});
  stream.handshake(asio::ssl::stream_base::client);
  TlsAnswer answer;
  const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(stream.native_handle()), X509_free);
  char name[64] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, name, sizeof name);
  answer.certificate_name = name;
  asio::write(stream, asio::buffer("GET " + std::string(target) +
                                   " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good-token\r\n"
                                   "Connection: close\r\n\r\n"));
  error_code error;
  for (char bytes[4096]; !error;) answer.text.append(bytes, stream.read_some(asio::buffer(bytes), error));
  // The end is said over TLS, so a cut answer can be told from a whole one.
  EXPECT_EQ(error, asio::error::eof);
  return answer;
}

TEST_F(Tls, AnswersAndEndsWhole) {
  TestSite site(options());
  EXPECT_THAT(site.server().url(), HasSubstr("https://127.0.0.1:"));
  EXPECT_THAT(get_over_tls(site.port(), "/whoami").text, HasSubstr(R"("user:test at 127.0.0.1 over TLS")"));
  EXPECT_GT(get_over_tls(site.port(), "/large").text.size(), 300'000U);
}

TEST_F(Tls, TakesANewCertificateWithoutARestart) {
  TestSite site(options());
  EXPECT_EQ(get_over_tls(site.port(), "/hello").certificate_name, "first");
  write_certificate(certificate(), key(), "second");
  EXPECT_EQ(get_over_tls(site.port(), "/hello").certificate_name, "second");
}

TEST_F(Tls, KeepsTheOldCertificateWhenTheNewOneCannotBeUsed) {
  std::mutex mutex;
  std::string trouble;
  auto with_log = options();
  with_log.trouble = [&](std::string_view text) {
    const std::lock_guard lock(mutex);
    trouble = text;
  };
  TestSite site(std::move(with_log));
  std::filesystem::resize_file(certificate(), 10);
  EXPECT_EQ(get_over_tls(site.port(), "/hello").certificate_name, "first");
  const std::lock_guard lock(mutex);
  EXPECT_THAT(trouble, HasSubstr("the old certificate stays in force"));
}

TEST_F(Tls, IsNotStartedWithAKeyOfAnotherCertificate) {
  const auto other = certificate().parent_path() / "other.pem";
  write_certificate(other, key(), "other");
  http::Server server(options(), http::Router());
  const auto started = server.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, "tls.unusable");
}

}  // namespace
}  // namespace hub
