#include "gateway/server/dashboard.hpp"

#include "events/core/result.hpp"
#include "gateway/http/response.hpp"
#include "gateway/server/page_files.hpp"

extern "C" {
extern const char hub_dashboard_begin[];
extern const char hub_dashboard_end[];
}

namespace hub::server {
namespace {

using http::Request;
using http::Response;

constexpr std::string_view kIndex = "index.html";
constexpr std::string_view kAssets = "assets/";

/// Script comes from files of this server alone. Styles may be written into the page: its components and its terminal
/// lay out what they draw with <style> elements of their own making, and neither takes a nonce for all of them.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'";

/// The addresses of the page. What they name need not be there: the page says so.
constexpr const char* kAddresses[] = {"/sign-in",
                                      "/dashboard",
                                      "/deployments",
                                      "/deployments/{id}",
                                      "/deployments/{id}/{tab}",
                                      "/tasks",
                                      "/tasks/{id}",
                                      "/models",
                                      "/models/{id}",
                                      "/statistics",
                                      "/system",
                                      "/audit",
                                      "/settings/{section}"};

/// Older names, and where they lead.
constexpr std::pair<const char*, const char*> kMoved[] = {{"/", "/dashboard"},
                                                          {"/deploy", "/deployments"},
                                                          {"/deploy/new", "/deployments/new"},
                                                          {"/settings", "/settings/api-keys"}};

constexpr std::string_view kNotBuilt =
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>ComputeHub</title>\n"
    "<p>The dashboard is not part of this build. <code>ops/dashboard</code> builds it; then build again with "
    "<code>ops/build</code> and start the server.</p>\n"
    "<p>The API is there: <a href=\"/docs\">/docs</a>, <a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a></p>\n"
    "</html>\n";

const PageFiles& files() {
  static const PageFiles all = [] {
    auto read = PageFiles::of({hub_dashboard_begin, hub_dashboard_end});
    HUB_ASSERT(read.has_value());
    return std::move(*read);
  }();
  return all;
}

void add_safety(Response& response) {
  response.headers.emplace_back("Content-Security-Policy", kPolicy);
  response.headers.emplace_back("Referrer-Policy", "same-origin");
  response.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  response.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  response.headers.emplace_back("X-Frame-Options", "DENY");
  response.headers.emplace_back("Permissions-Policy",
                                "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
                                "magnetometer=(), microphone=(), midi=(), payment=(), usb=()");
}

/// Whether If-None-Match names the tag; a weak one will do, the bytes are not put together from parts.
bool names_tag(std::string_view list, std::string_view tag) {
  if (list == "*") return true;
  for (auto at = list.find(tag); at != std::string_view::npos; at = list.find(tag, at + 1)) {
    const auto behind = at + tag.size();
    if (behind == list.size() || list[behind] == ',' || list[behind] == ' ') return true;
  }
  return false;
}

Response file_answer(const Request& request, std::size_t index, const char* cache) {
  const auto& file = files().file(index);
  const auto accepted = request.header(http::Field::accept_encoding);
  const bool gzip = !file.gzip.empty() && accepted && http::list_holds(*accepted, "gzip");
  const auto tag = "\"" + file.tag + (gzip ? "-gz\"" : "\"");
  const auto known = request.header(http::Field::if_none_match);
  const bool unchanged = known && names_tag(*known, tag);
  auto response = unchanged ? http::empty_answer(304) : http::answer(files().bytes(index, gzip));
  if (!unchanged) response.content_type = file.content_type;
  if (!unchanged && gzip) response.headers.emplace_back("Content-Encoding", "gzip");
  response.headers.emplace_back("ETag", tag);
  response.headers.emplace_back("Cache-Control", cache);
  if (!file.gzip.empty()) response.headers.emplace_back("Vary", "Accept-Encoding");
  add_safety(response);
  return response;
}

Failure nothing_here() {
  return not_found("route.not_found", "there is nothing at this address");
}

bool names_html(const Request& request) {
  const auto accept = request.header(http::Field::accept);
  return accept && http::list_holds(*accept, "text/html");
}

/// A program that asks for JSON at an address of the page has lost its way, and is told so.
bool takes_html(const Request& request) {
  const auto accept = request.header(http::Field::accept);
  return !accept || names_html(request) || http::list_holds(*accept, "text/*") || http::list_holds(*accept, "*/*");
}

Response page_answer(const Request& request) {
  if (const auto index = files().find(kIndex)) {
    auto response = file_answer(request, *index, "no-cache");
    response.headers.emplace_back("Vary", "Accept");
    return response;
  }
  auto response = http::answer(std::string(kNotBuilt), 503);
  response.content_type = "text/html; charset=utf-8";
  add_safety(response);
  return response;
}

asio::awaitable<Response> get_page(Request& request) {
  if (!takes_html(request)) co_return http::refuse(request, nothing_here());
  co_return page_answer(request);
}

/// Addresses that programs ask: what is not there must not look like a page to them, whatever they take.
bool is_programs(std::string_view path) {
  return path.starts_with("/api/") || path.starts_with("/v1/") || path.starts_with(std::string("/") += kAssets);
}

/// A person with a wrong address gets the page, which says that there is nothing and leads on.
asio::awaitable<Response> get_lost(Request& request) {
  if (is_programs(request.path) || !names_html(request)) co_return http::refuse(request, nothing_here());
  auto response = page_answer(request);
  if (response.status == 200) response.status = 404;
  co_return response;
}

/// Names of assets hold a hash of what is in them: what was fetched once is good for ever.
asio::awaitable<Response> get_asset(Request& request) {
  const auto index = files().find(std::string(kAssets) + std::string(request.param("file")));
  if (!index) co_return http::refuse(request, nothing_here());
  co_return file_answer(request, *index, "public, max-age=31536000, immutable");
}

/// A file beside the page, by its own name.
asio::awaitable<Response> get_file(Request& request) {
  const auto index = files().find(request.path.substr(1));
  if (!index) co_return http::refuse(request, nothing_here());
  co_return file_answer(request, *index, "no-cache");
}

asio::awaitable<Response> redirect(const Request& request, const char* to) {
  auto response = http::empty_answer(308);
  const auto query = request.target.find('?');
  response.headers.emplace_back(
      "Location", std::string(to) + std::string(query == std::string_view::npos ? "" : request.target.substr(query)));
  co_return response;
}

void add(http::Router& router, std::string pattern, http::Handler handler) {
  router.add({http::Verb::get, std::move(pattern), std::move(handler), http::Access::everyone});
}

}  // namespace

void add_dashboard(http::Router& router) {
  for (const char* address : kAddresses) add(router, address, get_page);
  for (const auto& [from, to] : kMoved)
    add(router, from, [to = to](Request& request) { return redirect(request, to); });
  add(router, "/assets/{file*}", get_asset);
  router.add_fallback({http::Verb::get, "/{nothing*}", get_lost, http::Access::everyone});
  for (std::size_t index = 0; index < files().size(); ++index) {
    const auto path = files().file(index).path;
    if (path != kIndex && !path.starts_with(kAssets)) add(router, "/" + std::string(path), get_file);
  }
}

}  // namespace hub::server
