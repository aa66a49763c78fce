#include "adapters/models/flight.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace hub::calls {
namespace {

constexpr std::string_view kUserAgent = "ComputeHub/" HUB_VERSION;
/// Seconds of silence on a connection before the first probe, and between probes.
constexpr long kKeepAliveSeconds = 30;

/// Of one read. While more is there, libcurl makes a hundred reads of one connection before it looks at the next one,
/// so this bounds what a flood of small events holds the others up by: to about a millisecond.
constexpr long kReadBytes = 2'048;
/// By which libcurl's clock may be ahead of ours.
constexpr std::chrono::milliseconds kRounding{5};

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
  HUB_ASSERT(curl_easy_setopt(easy, option, value) == CURLE_OK);
}

std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* context) {
  auto& flight = *static_cast<Flight*>(context);
  return flight.transfer.on_header({bytes, size * count}) ? size * count : 0;
}

std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* context) {
  auto& flight = *static_cast<Flight*>(context);
  const bool was_done = flight.transfer.done();
  const bool go_on = flight.transfer.on_body({bytes, size * count});
  if (!was_done && flight.transfer.done())
    flight.lingering->emplace_back(Flight::Clock::now() + std::chrono::microseconds(kDoneGrace.micros), flight.id);
  return go_on ? size * count : 0;
}

/// Here the guard holds: the address is the one that is connected to, whatever a name was said to mean before.
curl_socket_t open_socket(void* context, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& flight = *static_cast<Flight*>(context);
  flight.resolved = true;
  if (flight.guard != nullptr && !flight.guard->permits(address->addr)) return CURL_SOCKET_BAD;
  flight.tried = true;
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// A connection is there, a new one or one of before: the name needs no resolving (any more).
int on_ready(void* context, char* /*to*/, char* /*from*/, int /*to_port*/, int /*from_port*/) {
  static_cast<Flight*>(context)->resolved = true;
  static_cast<Flight*>(context)->tried = true;
  return CURL_PREREQFUNC_OK;
}

long milliseconds_of(Flight::Clock::duration span) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(span).count();
  return static_cast<long>(std::clamp<std::int64_t>(ms, 1, std::int64_t{1} << 31U));
}

}  // namespace

EasyHandle make_handle(const CallerOptions& options) {
  EasyHandle handle(curl_easy_init());
  HUB_ASSERT(handle);
  CURL* easy = handle.get();
  set(easy, CURLOPT_NOSIGNAL, 1L);
  // A name that cannot be resolved must not hold up the thread when its call ends.
  set(easy, CURLOPT_QUICK_EXIT, 1L);
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  // To abort a call is to close its connection, so no two share one.
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(easy, CURLOPT_USERAGENT, kUserAgent.data());
  set(easy, CURLOPT_BUFFERSIZE, kReadBytes);
  set(easy, CURLOPT_TCP_NODELAY, 1L);
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy, CURLOPT_TCP_KEEPIDLE, kKeepAliveSeconds);
  set(easy, CURLOPT_TCP_KEEPINTVL, kKeepAliveSeconds);
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.micros / 1'000));
  // Even when empty: libcurl then does not ask the environment.
  set(easy, CURLOPT_PROXY, options.proxy.c_str());
  set(easy, CURLOPT_NOPROXY, "");
  set(easy, CURLOPT_DNS_CACHE_TIMEOUT, kNamesKnownSeconds);
  if (!options.ca_file.empty()) {
    set(easy, CURLOPT_CAINFO, options.ca_file.c_str());
    set(easy, CURLOPT_CAPATH, nullptr);
  }
  set(easy, CURLOPT_POST, 1L);
  set(easy, CURLOPT_HEADERFUNCTION, &on_header);
  set(easy, CURLOPT_WRITEFUNCTION, &on_body);
  set(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(easy, CURLOPT_PREREQFUNCTION, &on_ready);
  return handle;
}

void load_handle(Flight& flight, Flight::Clock::duration left) {
  CURL* easy = flight.easy.get();
  const auto& request = flight.transfer.request();
  curl_slist* list = curl_slist_append(nullptr, "Expect:");
  for (const auto& header : request.headers) list = curl_slist_append(list, header.c_str());
  HUB_ASSERT(list != nullptr);
  flight.headers.reset(list);
  set(easy, CURLOPT_URL, request.url.c_str());
  set(easy, CURLOPT_HTTPHEADER, list);
  set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  set(easy, CURLOPT_POSTFIELDS, request.body.data());
  set(easy, CURLOPT_TIMEOUT_MS, milliseconds_of(left));
  set(easy, CURLOPT_PRIVATE, &flight);
  set(easy, CURLOPT_HEADERDATA, &flight);
  set(easy, CURLOPT_WRITEDATA, &flight);
  set(easy, CURLOPT_OPENSOCKETDATA, &flight);
  set(easy, CURLOPT_PREREQDATA, &flight);
  set(easy, CURLOPT_ERRORBUFFER, flight.words.data());
}

Ending ending_of(Flight& flight, CURLcode code) {
  Ending ending;
  ending.curl_code = code;
  ending.words = flight.words.data();
  ending.refused = code != CURLE_OK && flight.resolved && !flight.tried;
  curl_off_t sent_after = 0;
  curl_easy_getinfo(flight.easy.get(), CURLINFO_PRETRANSFER_TIME_T, &sent_after);
  // Before the request could be sent it may have been the shorter time for connecting that passed.
  ending.out_of_time =
      code == CURLE_OPERATION_TIMEDOUT && (sent_after > 0 || Flight::Clock::now() + kRounding >= flight.deadline);
  return ending;
}

}  // namespace hub::calls
