#pragma once
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/cli/fake_server.hpp"
#include "tests/cli/terminal.hpp"
#include "tests/support/temp_folder.hpp"

namespace hub::cli::testing {

/// What a server would say.
namespace commands {

inline const std::string kId = "dep_0123456789abcdefghjkmnpqrs01";
inline const std::string kOther = "dep_0123456789abcdefghjkmnpqrs02";

inline std::string deployment(const std::string& id, const std::string& name, const std::string& status) {
  return R"({"id":")" + id + R"(","name":")" + name + R"(","status":")" + status +
         R"(","reason":{"code":"process.exited","text":"exit 3","exit_code":3},"provider":"local","command":["sh","-c","exit 3"],)"
         R"("restarts":1,"cost_usd_micro":1200000,"price_usd_micro_per_hour":350000,"created_at":"2026-03-01T11:57:00.000000Z",)"
         R"("version":4,"position":"3:17","env":{"TOKEN":{"secret":"hf"}}})";
}

inline std::string list_of(const std::vector<std::string>& items) {
  std::string text = R"({"items":[)";
  for (const auto& item : items) text += (text.back() == '[' ? "" : ",") + item;
  return text + R"(],"total":)" + std::to_string(items.size()) + "}";
}

inline std::string line(int seq, const std::string& text, const std::string& stream = "stdout") {
  return R"({"seq":)" + std::to_string(seq) + R"(,"time":"2026-03-01T11:59:00.000000Z","stream":")" + stream +
         R"(","text":")" + text + R"("})";
}

inline std::string page(const std::vector<std::string>& lines, const std::string& cursor) {
  std::string text = R"({"items":[)";
  for (const auto& item : lines) text += (text.back() == '[' ? "" : ",") + item;
  return text + R"(],"next_cursor":")" + cursor + "\"}";
}

inline std::string frame(const std::string& type, const std::string& stream, const std::string& cursor,
                         const std::string& rest) {
  return R"({"type":")" + type + R"(","stream":")" + stream + R"(","cursor":")" + cursor + "\"," + rest + "}";
}

inline const std::string kStatus = "deployments/" + kId;
inline const std::string kLogs = kStatus + "/logs";

}  // namespace commands

/// A fake server, a terminal that knows its address and token, and an empty data folder.
class CommandsFixture : public ::testing::Test {
 protected:
  CommandsFixture() { terminal.environment = {{"COMPUTEHUB_URL", server.url()}, {"COMPUTEHUB_TOKEN", "t0ken"}}; }

  void write(const std::filesystem::path& path, const std::string& text) {
    std::filesystem::create_directories((data / path).parent_path());
    std::ofstream(data / path) << text;
  }
  std::vector<std::string> targets() const {
    std::vector<std::string> out;
    for (const auto& seen : server.seen()) out.push_back(seen.method + " " + seen.target);
    return out;
  }

  FakeServer server;
  Terminal terminal;
  const test::TempFolder folder;
  const std::filesystem::path data = folder.path();
};

}  // namespace hub::cli::testing
