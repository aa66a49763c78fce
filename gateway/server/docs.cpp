#include "gateway/server/docs.hpp"

#include <array>
#include <utility>

#include "events/core/digest.hpp"
#include "gateway/http/response.hpp"

#define HUB_DOCUMENT(name)                     \
  extern "C" {                                 \
  extern const char hub_docs_##name##_begin[]; \
  extern const char hub_docs_##name##_end[];   \
  }
HUB_DOCUMENT(page)
HUB_DOCUMENT(start)
HUB_DOCUMENT(colours)
HUB_DOCUMENT(style)
HUB_DOCUMENT(script)
HUB_DOCUMENT(license)
HUB_DOCUMENT(notice)

namespace hub::server {
namespace {

using http::Request;
using http::Response;

/// The page draws itself with styles of its own making; script comes from files of this server alone.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; font-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

constexpr std::string_view kNotFetched =
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>ComputeHub API</title>\n"
    "<p>The reference page is not part of this build. <code>ops/docs-page</code> fetches it from the package registry; "
    "then build again with <code>ops/build</code> and start the server.</p>\n"
    "<p>The contract itself is here: <a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a></p>\n</html>\n";

struct Document {
  std::string_view name;  ///< as in /docs/{file}; empty: the page
  std::string_view content_type;
  std::string_view bytes;
};

constexpr std::size_t kDocuments = 7;

const std::array<Document, kDocuments>& documents() {
  static const std::array<Document, kDocuments> all = {{
      {"", "text/html; charset=utf-8", {hub_docs_page_begin, hub_docs_page_end}},
      {"start.js", "text/javascript; charset=utf-8", {hub_docs_start_begin, hub_docs_start_end}},
      {"swagger-ui.css", "text/css; charset=utf-8", {hub_docs_style_begin, hub_docs_style_end}},
      {"swagger-ui-bundle.js", "text/javascript; charset=utf-8", {hub_docs_script_begin, hub_docs_script_end}},
      {"LICENSE", "text/plain; charset=utf-8", {hub_docs_license_begin, hub_docs_license_end}},
      {"page.css", "text/css; charset=utf-8", {hub_docs_colours_begin, hub_docs_colours_end}},
      {"NOTICE", "text/plain; charset=utf-8", {hub_docs_notice_begin, hub_docs_notice_end}},
  }};
  return all;
}

/// What a document is sent as; its memory is used only when it is asked for.
struct Prepared {
  std::shared_ptr<const std::string> bytes;
  std::string tag;
};

template <std::size_t index>
const Prepared& prepared() {
  static const Prepared made = [] {
    const auto bytes = documents()[index].bytes;
    return Prepared{std::make_shared<const std::string>(bytes), '"' + to_hex(sha256({bytes})).substr(0, 32) + '"'};
  }();
  return made;
}

const Prepared& prepared(std::size_t index) {
  constexpr auto all = []<std::size_t... each>(std::index_sequence<each...>) {
    return std::array{prepared<each>...};
  }
  (std::make_index_sequence<kDocuments>());
  return all[index]();
}

/// Script and style are there.
bool is_fetched() {
  return !documents()[2].bytes.empty() && !documents()[3].bytes.empty();
}

void add_safety(Response& response) {
  response.headers.emplace_back("Content-Security-Policy", kPolicy);
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.headers.emplace_back("X-Frame-Options", "DENY");
}

Response document_answer(const Request& request, std::size_t index) {
  const auto& document = prepared(index);
  const auto known = request.header(http::Field::if_none_match);
  auto response = known && *known == document.tag ? http::empty_answer(304) : http::answer(document.bytes);
  if (response.status == 200) response.content_type = documents()[index].content_type;
  response.headers.emplace_back("ETag", document.tag);
  response.headers.emplace_back("Cache-Control", "no-cache");
  add_safety(response);
  return response;
}

asio::awaitable<Response> get_page(Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  if (is_fetched()) co_return document_answer(request, 0);
  auto response = http::answer(std::string(kNotFetched), 503);
  response.content_type = "text/html; charset=utf-8";
  add_safety(response);
  co_return response;
}

asio::awaitable<Response> get_file(Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  const auto name = request.param("file");
  for (std::size_t index = 1; index < documents().size(); ++index)
    if (documents()[index].name == name && !documents()[index].bytes.empty()) co_return document_answer(request, index);
  co_return http::refuse(request, not_found("route.not_found", "there is nothing at this address"));
}

}  // namespace

void add_docs(http::Router& router) {
  router.add({http::Verb::get, "/docs", get_page, http::Access::everyone, {}, 0});
  router.add({http::Verb::get, "/docs/{file}", get_file, http::Access::everyone, {}, 0});
}

}  // namespace hub::server
