#include "gateway/cli/http_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <thread>

#include "gateway/cli/exit_code.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

constexpr long kConnectTimeoutMs = 5'000;
constexpr int kLostAnswersMax = 2;
constexpr Duration kRetriesTotal = seconds(10);

struct Receiving {
  std::string body;
  bool too_large = false;
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& receiving = *static_cast<Receiving*>(user);
  if (receiving.body.size() + size * count > kAnswerBytesMax) {
    receiving.too_large = true;
    return 0;
  }
  receiving.body.append(data, size * count);
  return size * count;
}

struct HeaderList {
  curl_slist* list = nullptr;
  HeaderList() = default;
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  ~HeaderList() { curl_slist_free_all(list); }
  void add(const std::string& line) { list = curl_slist_append(list, line.c_str()); }
};

bool is_this_machine(std::string_view host) {
  return host == "localhost" || host == "::1" || host.substr(0, 4) == "127.";
}

bool is_safe_to_repeat(const HttpRequest& request) {
  return request.method != "POST" || !request.idempotency_key.empty();
}

/// The connection was there, and broke before the answer was: whether the request was done is not known.
bool is_lost_answer(CURLcode code) {
  return code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
         code == CURLE_PARTIAL_FILE;
}

std::string header_of(CURL* curl, const char* name) {
  curl_header* header = nullptr;
  return curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK ? std::string(header->value)
                                                                                 : std::string();
}

void set_up_process_once(bool tls) {
  // Plain HTTP skips what TLS needs to start, which is most of the cost of the first request.
  static std::once_flag once;
  std::call_once(once, [tls] { curl_global_init(tls ? CURL_GLOBAL_DEFAULT : CURL_GLOBAL_NOTHING); });
}

Failure connection_failure(CURLcode code, const char* words, const Endpoint& endpoint, const HttpRequest& request) {
  const std::string reason = *words != '\0' ? words : curl_easy_strerror(code);
  if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST)
    return unreachable(fmt::format("no server answers at {} (from {}): is \"computehub serve\" running?",
                                   endpoint.url(), endpoint.url_source));
  if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CONNECT_ERROR)
    return unreachable(fmt::format("{}: {}. Whom to trust is said with --ca FILE", endpoint.url(), reason));
  if (code == CURLE_OPERATION_TIMEDOUT)
    return unreachable(fmt::format("{} did not answer within {}", endpoint.url(), to_text(request.timeout)));
  const auto again =
      !is_lost_answer(code) || request.method == "GET" ? std::string()
      : request.idempotency_key.empty()
          ? std::string(". Whether it was done is not known")
          : fmt::format(". Whether it was done is not known; it is safe to repeat with --idempotency-key {}",
                        request.idempotency_key);
  return unreachable(fmt::format("the connection to {} broke: {}{}", endpoint.url(), reason, again));
}

}  // namespace

struct HttpClient::Connection {
  explicit Connection(Endpoint of) : endpoint(std::move(of)) {
    set_up_process_once(endpoint.tls());
    curl = curl_easy_init();
    HUB_ASSERT(curl != nullptr);
  }
  ~Connection() { curl_easy_cleanup(curl); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void prepare(const HttpRequest& request, const HeaderList& headers, Receiving& receiving);
  Result<HttpAnswer> send_once(const HttpRequest& request, CURLcode& code);

  Endpoint endpoint;
  CURL* curl = nullptr;
  bool was_connected = false;
  char words[CURL_ERROR_SIZE] = {};
};

void HttpClient::Connection::prepare(const HttpRequest& request, const HeaderList& headers, Receiving& receiving) {
  curl_easy_reset(curl);
  words[0] = '\0';
  curl_easy_setopt(curl, CURLOPT_URL, (endpoint.url() + request.target).c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.list);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.micros / 1'000));
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &receiving);
  // A proxy variable meant for the internet must not carry a token for this machine elsewhere.
  if (is_this_machine(endpoint.host)) curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  if (!endpoint.ca.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, endpoint.ca.c_str());
  if (!request.body.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
  }
}

Result<HttpAnswer> HttpClient::Connection::send_once(const HttpRequest& request, CURLcode& code) {
  HeaderList headers;
  headers.add("Accept: application/json, application/problem+json");
  headers.add("User-Agent: computehub/" HUB_VERSION);
  headers.add("Expect:");
  if (!endpoint.token.empty()) headers.add("Authorization: Bearer " + endpoint.token);
  if (!request.body.empty()) headers.add("Content-Type: " + request.content_type);
  if (request.body.empty() && request.method == "POST") headers.add("Content-Length: 0");
  if (!request.idempotency_key.empty()) headers.add("Idempotency-Key: " + request.idempotency_key);
  Receiving receiving;
  prepare(request, headers, receiving);
  code = curl_easy_perform(curl);
  curl_off_t until_sent = 0;
  curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &until_sent);
  was_connected = was_connected || until_sent > 0;
  if (receiving.too_large)
    return internal_failure(kCodeAnswer, fmt::format("{} answered with more than {}", endpoint.url(),
                                                     bytes_text(static_cast<std::int64_t>(kAnswerBytesMax))));
  if (code != CURLE_OK) return connection_failure(code, words, endpoint, request);
  HttpAnswer answer;
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  answer.body = std::move(receiving.body);
  answer.request_id = header_of(curl, "X-Request-Id");
  const auto retry = parse_count(header_of(curl, "Retry-After"), 0, 86'400);
  if (retry) answer.retry_after = seconds(retry.value());
  if (const auto age = parse_count(header_of(curl, "Age"), 0, INT32_MAX)) answer.age = seconds(age.value());
  return answer;
}

HttpClient::HttpClient(Endpoint endpoint) : connection_(std::make_unique<Connection>(std::move(endpoint))) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

const Endpoint& HttpClient::endpoint() const {
  return connection_->endpoint;
}

bool HttpClient::was_connected() const {
  return connection_->was_connected;
}

Result<HttpAnswer> HttpClient::send(const HttpRequest& request) {
  for (int lost = 0;; ++lost) {
    CURLcode code = CURLE_OK;
    auto answer = connection_->send_once(request, code);
    if (answer || !is_lost_answer(code) || !is_safe_to_repeat(request) || lost == kLostAnswersMax) return answer;
  }
}

Result<HttpAnswer> HttpClient::call(const HttpRequest& request) {
  // The answers themselves may take long: a server that waits for its log says so after seconds.
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(kRetriesTotal.micros);;) {
    HUB_TRY(auto answer, send(request));
    if (answer.status < 400) return answer;
    const bool later = (answer.status == 429 || answer.status == 503) && answer.retry_after.micros > 0;
    const std::chrono::microseconds pause(answer.retry_after.micros);
    if (!later || !is_safe_to_repeat(request) || std::chrono::steady_clock::now() + pause > end)
      return failure_of(answer);
    std::this_thread::sleep_for(pause);
  }
}

Failure failure_of(const HttpAnswer& answer) {
  Failure failure;
  failure.kind = static_cast<FailureKind>(answer.status);
  failure.code = fmt::format("http.{}", answer.status);
  failure.detail = fmt::format("the server answered {}", answer.status);
  failure.retry_after_ms = answer.retry_after.micros / 1'000;
  boost::system::error_code error;
  const auto document = boost::json::parse(answer.body, error);
  const auto* object = error ? nullptr : document.if_object();
  if (object == nullptr) return failure;
  const auto text = [&](std::string_view name, std::string& into) {
    const auto* value = object->if_contains(name);
    if (value != nullptr && value->is_string() && !value->as_string().empty())
      into = std::string_view(value->as_string());
  };
  text("title", failure.detail);
  text("detail", failure.detail);
  text("code", failure.code);
  text("field", failure.field);
  return failure;
}

std::string query_string(const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    out += (out.empty() ? '?' : '&') + name + '=' + url_encode(value);
  }
  return out;
}

}  // namespace hub::cli
