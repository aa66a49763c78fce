#include "events/kafka/plain_words.hpp"

#include <algorithm>

namespace hub::kafka {
namespace {

/// Up to " (after 12ms in state CONNECT, 1 identical error(s) suppressed)".
std::string_view without_bookkeeping(std::string_view said) {
  return said.substr(0, said.rfind(" (after "));
}

/// "127.0.0.1:9092: ", when it begins with an address: "[thrd:app]: ssl://127.0.0.1:9092/bootstrap: …".
std::string address_of(std::string_view said) {
  if (said.substr(0, 5) == "[thrd") said.remove_prefix(std::min(said.find("]: ") + 3, said.size()));
  const auto slash = said.find("/bootstrap: ");
  return slash == std::string_view::npos ? std::string() : std::string(said.substr(0, slash)) + ": ";
}

struct Meaning {
  std::string_view mark;   ///< is in what librdkafka says
  std::string_view words;  ///< in place of it; "": it is said as it is
  std::string_view advice;
};

constexpr Meaning kMeanings[] = {
    {"Invalid response size", "what listens there does not speak Kafka's protocol in plain text",
     "check the port, and security.protocol when it wants TLS"},
    {"ApiVersionRequest failed: Local: Timed out", "it takes the connection and does not answer",
     "check the port, and whether that broker hangs"},
    {"Disconnected", "it takes the connection and ends it", "check security.protocol: it may want TLS or a password"},
    {"brokers are down", "none of them keeps a connection",
     "check that they run, and security.protocol: they may want TLS or a password"},
    {"Failed to resolve", "", "check the name in --kafka-brokers"},
    {"Connection refused", "", "check --kafka-brokers, and that they run"},
};

}  // namespace

std::string plain_words(std::string_view said) {
  const auto rest = without_bookkeeping(said);
  for (const auto& [mark, words, advice] : kMeanings) {
    if (rest.find(mark) == std::string_view::npos) continue;
    return (words.empty() ? std::string(rest) : address_of(rest) + std::string(words)) + "; " + std::string(advice);
  }
  return std::string(rest);
}

}  // namespace hub::kafka
