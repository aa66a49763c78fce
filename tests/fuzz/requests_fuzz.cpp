// The bytes of one HTTP connection. The first byte seeds the pieces in which they come: in whatever pieces, the same
// requests are found. Only a header that is broken and not yet complete may be refused sooner or later.
#include <algorithm>
#include <cstring>

#include "gateway/http/reader.hpp"
#include "tests/fuzz/input.hpp"

namespace {

using hub::http::Request;
using hub::http::RequestReader;

constexpr std::size_t kRequestsMax = 16;

void look_at_query(const Request& request) {
  for (const auto* name : {"limit", "tail"}) static_cast<void>(request.query.number(name, 1, 10'000));
  static_cast<void>(request.query.flag("dry_run"));
  const auto known = request.query.only({"limit", "tail", "dry_run"});
  HUB_ASSERT(known || !known.error().code.empty());
}

std::string text_of(Request& request) {
  std::string text = std::to_string(static_cast<int>(request.method)) + ' ' + std::string(request.target) + '\n';
  for (const auto& header : request.headers) text += std::string(header.name) + ':' + std::string(header.value) + '\n';
  text += std::string(request.body) + (request.keep_alive ? "k" : "c") + (request.upgrade ? "u" : "-");
  hub::http::assign_request_id(request);
  HUB_ASSERT(!request.id.empty() && request.id.size() <= 64);
  const auto target = hub::http::parse_target(request);
  if (target) look_at_query(request);
  return text + (target ? std::string(request.path) : target.error().code);
}

/// `piece` bytes come at a time; 0: as many as there is room for.
std::vector<std::string> read_all(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> found;
  RequestReader reader({});
  Request request;
  while (found.size() < kRequestsMax) {
    const auto state = reader.advance(request);
    if (state == RequestReader::State::refused) {
      HUB_ASSERT(!reader.failure().code.empty());
      return found;
    }
    if (state == RequestReader::State::complete) {
      found.push_back(text_of(request));
      reader.next(request);
      continue;
    }
    if (bytes.empty()) return found;
    const auto room = reader.room();
    HUB_ASSERT(room.size() > 0);
    const auto count = std::min({room.size(), bytes.size(), piece == 0 ? bytes.size() : piece});
    std::memcpy(room.data(), bytes.data(), count);
    reader.received(count);
    bytes.remove_prefix(count);
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto [seed, text] = hub::fuzz::split_kind(hub::fuzz::text_of(bytes, size));
  const auto whole = read_all(text, 0);
  HUB_ASSERT(read_all(text, 1 + static_cast<unsigned char>(seed) % 64) == whole);
  return 0;
}
