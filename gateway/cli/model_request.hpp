#pragma once
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "gateway/cli/session.hpp"

namespace hub::cli {

/// What `model add` and `model set` were told by flags, as text. Empty: not given.
struct ModelFlags {
  std::string base_url, model, host, port, model_path, url, request_template, result_pointer;
  std::string max_tokens, temperature, workers, queue, price_prompt, price_completion;
  std::string task_timeout, max_retries, retry_delay;
  std::vector<std::string> headers, labels;
  std::string key_file, key_variable;  ///< where the API key is; never the key itself
};

/// Puts the flags over `body`, an object of the API's shape: single values replace, headers, labels and prices are
/// added to those that are there. Fails: `cli.usage`, with the flag as field.
Result<void> apply_flags(const ModelFlags& flags, const Session& session, boost::json::object& body);

/// Puts "key=value" over `body`: keys are those of the API, with "labels.team" for what stands inside; "null" takes a
/// setting away. Fails: `cli.usage`; also for an API key, which would be seen by everybody on the machine.
Result<void> apply_settings(const std::vector<std::string>& settings, boost::json::object& body);

}  // namespace hub::cli
