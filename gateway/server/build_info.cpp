#include "gateway/server/build_info.hpp"

#include <curl/curl.h>
#include <fmt/core.h>
#include <gnu/libc-version.h>
#include <librdkafka/rdkafka.h>
#include <openssl/crypto.h>
#include <rocksdb/version.h>
#include <simdjson.h>

#include <algorithm>
#include <boost/version.hpp>
#include <caf/config.hpp>

#include "commit.hpp"

namespace hub::server {
namespace {

std::string boost_version() {
  std::string text = BOOST_LIB_VERSION;
  std::replace(text.begin(), text.end(), '_', '.');
  return text;
}

}  // namespace

routes::BuildInfo build_info() {
  routes::BuildInfo build;
#ifdef __clang__
  build.compiler = __VERSION__;
#else
  build.compiler = "GCC " __VERSION__;
#endif
  if (std::string_view(HUB_COMMIT).empty()) return build;
  build.commit = HUB_COMMIT;
  build.committed_at = Instant{std::int64_t{HUB_COMMIT_SECONDS} * 1'000'000};
  build.modified = HUB_COMMIT_MODIFIED;
  return build;
}

std::vector<routes::LibraryInfo> library_versions() {
  return {{"Boost", boost_version()},
          {"CAF", fmt::format("{}.{}.{}", CAF_MAJOR_VERSION, CAF_MINOR_VERSION, CAF_PATCH_VERSION)},
          {"glibc", gnu_get_libc_version()},
          {"libcurl", curl_version_info(CURLVERSION_NOW)->version},
          {"librdkafka", rd_kafka_version_str()},
          {"OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING)},
          {"RocksDB", rocksdb::GetRocksVersionAsString()},
          {"simdjson", fmt::format("{}.{}.{}", int{simdjson::SIMDJSON_VERSION_MAJOR},
                                   int{simdjson::SIMDJSON_VERSION_MINOR}, int{simdjson::SIMDJSON_VERSION_REVISION})}};
}

}  // namespace hub::server
