#include "gateway/http/render.hpp"

#include <zlib.h>

#include <chrono>
#include <ctime>

#include "events/core/json.hpp"

namespace hub::http {
namespace {

constexpr std::size_t kCompressFrom = 1'024;

/// "Date: …\r\n", made anew once a second.
std::string_view date_line() {
  thread_local std::time_t made_at = 0;
  thread_local char line[64];
  thread_local std::size_t size = 0;
  const std::time_t now = std::time(nullptr);
  if (now != made_at) {
    std::tm utc{};
    gmtime_r(&now, &utc);
    size = std::strftime(line, sizeof line, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
    made_at = now;
  }
  return {line, size};
}

void append_status_line(std::string& out, unsigned status) {
  if (status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
    return;
  }
  out += "HTTP/1.1 ";
  append_json_number(out, std::uint64_t{status});
  out += ' ';
  out += beast::http::obsolete_reason(beast::http::int_to_status(status));
  out += "\r\n";
}

/// A header line of text that may come from outside: what could end the line is left out.
void append_line(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  for (const char c : value)
    if (c != '\r' && c != '\n' && c != '\0') out += c;
  out += "\r\n";
}

}  // namespace

bool may_have_body(unsigned status) {
  return status >= 200 && status != 204 && status != 304;
}

void append_header(std::string& out, const Request& request, const Response& response, Framing framing) {
  append_status_line(out, response.status);
  out += date_line();
  bool has_cache_control = false;
  for (const auto& [name, value] : response.headers) {
    append_line(out, name, value);
    has_cache_control = has_cache_control || equal_without_case(name, "cache-control");
  }
  if (!has_cache_control) out += "Cache-Control: no-store\r\n";
  if (!response.content_type.empty()) {
    out += "X-Content-Type-Options: nosniff\r\nContent-Type: ";
    out += response.content_type;
    out += "\r\n";
  }
  out += "X-Request-Id: ";
  out += request.id;
  if (framing.chunked) {
    out += "\r\nTransfer-Encoding: chunked";
  } else if (may_have_body(response.status) && !response.stream) {
    out += "\r\nContent-Length: ";
    append_json_number(out, std::uint64_t{response.bytes().size()});
  }
  if (!framing.keep_alive)
    out += "\r\nConnection: close";
  else if (request.http_1_0)
    out += "\r\nConnection: keep-alive";
  out += "\r\n\r\n";
}

void compress_if_wanted(const Request& request, Response& response) {
  if (!response.compressible || response.stream) return;
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (response.bytes().size() < kCompressFrom) return;
  const auto accepted = request.header(Field::accept_encoding);
  if (!accepted || !list_holds(*accepted, "gzip")) return;
  response.body = gzip(response.bytes());
  response.shared_body.reset();
  response.headers.emplace_back("Content-Encoding", "gzip");
}

std::string gzip(std::string_view text) {
  z_stream stream{};
  // 15 + 16: the largest window, with gzip's header. Level 4: logs shrink tenfold at 100 MB/s.
  HUB_ASSERT(deflateInit2(&stream, 4, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  // zlib's C interface takes a pointer to what it only reads.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  HUB_ASSERT(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace hub::http
