#pragma once
#include <map>
#include <string>
#include <string_view>

#include "events/core/result.hpp"
#include "gateway/cli/config.hpp"

namespace hub::cli {

/// "name=value,name=value": a comma belongs to the value unless a name and "=" follow it; line ends part them too.
/// Fails: `config.value`; the text is not repeated, for it may hold a password.
Result<std::map<std::string, std::string>> parse_properties(std::string_view text);

/// Whether the value of a property of Kafka's client must not be seen.
bool is_secret_property(std::string_view name);

/// Those of the file, then those of `kafka_conf`, which win. Fails: `config.file`, `config.value`.
Result<std::map<std::string, std::string>> kafka_properties(const ServeOptions& options);

}  // namespace hub::cli
