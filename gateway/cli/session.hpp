#pragma once
#include <boost/json/value.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/cli/console.hpp"
#include "gateway/cli/endpoint.hpp"
#include "gateway/cli/exit_code.hpp"
#include "gateway/cli/http_client.hpp"

namespace hub::cli {

/// What every command has at hand: where it writes, what it was told, and the server once it is asked for.
class Session {
 public:
  Session(Console to, std::map<std::string, std::string> variables)
      : console(std::move(to)), environment(std::move(variables)) {}

  Console console;
  std::map<std::string, std::string> environment;
  EndpointFlags flags;

  /// Connects nothing yet. Fails as find_endpoint().
  Result<HttpClient*> client() {
    if (!client_) {
      HUB_TRY(auto endpoint, find_endpoint(flags, environment));
      client_ = std::make_unique<HttpClient>(std::move(endpoint));
    }
    return client_.get();
  }

  /// One call; fails as HttpClient::call().
  Result<HttpAnswer> call(const HttpRequest& request) {
    HUB_TRY(auto* const http, client());
    return http->call(request);
  }
  Result<HttpAnswer> get(std::string target) { return call({"GET", std::move(target), {}, {}, seconds(60)}); }

 private:
  std::unique_ptr<HttpClient> client_;
};

/// Prints a failure on standard error: one sentence and what to do next, or with -o json one JSON object a line.
Exit report(const Failure& failure, Session& session);

/// The API's bytes, with a line end behind.
inline void print_json(std::string_view body, Session& session) {
  session.console.line(body);
}

/// Asks for `target`, and prints the answer as it is with -o json; else gives it to `show` as a document.
Exit show_answer(Session& session, std::string target, const std::function<void(const boost::json::value&)>& show);

/// Says on standard error how many of a list were not shown, and with which cursor they are; nothing when all were.
void note_rest(Session& session, const boost::json::value& document, std::size_t shown);

}  // namespace hub::cli
