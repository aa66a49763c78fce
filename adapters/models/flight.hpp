#pragma once
#include <curl/curl.h>

#include <array>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "adapters/models/transfer.hpp"

namespace hub::calls {

/// How long libcurl remembers what a name resolved to.
inline constexpr long kNamesKnownSeconds = 60;

struct EasyFree {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using EasyHandle = std::unique_ptr<CURL, EasyFree>;

struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListFree>;

/// Calls whose stream is done and whose answer has not ended, by the moment at which that is waited for no more.
using Lingering = std::deque<std::pair<std::chrono::steady_clock::time_point, Caller::CallId>>;

/// One call under way on a worker's thread. Stays where it is: libcurl holds its address.
struct Flight {
  using Clock = std::chrono::steady_clock;

  Flight(Caller::CallId the_id, Transfer the_transfer, Clock::time_point the_deadline)
      : id(the_id), transfer(std::move(the_transfer)), deadline(the_deadline) {}

  Caller::CallId id;
  Transfer transfer;
  Clock::time_point deadline;
  std::string host;  ///< whose name must be resolved first; empty: nothing to resolve
  EasyHandle easy;   ///< null until the call leaves
  HeaderList headers;
  const OutboundGuard* guard = nullptr;  ///< null: a proxy of the operator's is connected to
  bool resolved = false;                 ///< an address was there
  bool tried = false;                    ///< one that may be connected to
  Lingering* lingering = nullptr;        ///< where it is noted that its stream is done
  std::array<char, CURL_ERROR_SIZE> words{};
};

/// A handle with all that no call changes.
EasyHandle make_handle(const CallerOptions& options);
/// What is this call's own. `left` > 0.
void load_handle(Flight& flight, Flight::Clock::duration left);
/// How it ended, from its handle.
Ending ending_of(Flight& flight, CURLcode code);

}  // namespace hub::calls
