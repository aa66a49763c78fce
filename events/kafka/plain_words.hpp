#pragma once
#include <string>
#include <string_view>

namespace hub::kafka {

/// What librdkafka says of a connection, for whoever gave us the addresses: without its bookkeeping, with what it means
/// where its own guess leads astray, and with what to look at. "" stays "".
std::string plain_words(std::string_view said);

}  // namespace hub::kafka
