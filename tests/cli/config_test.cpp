#include "gateway/cli/config.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "tests/cli/terminal.hpp"

namespace hub::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Terminal;

/// A file that is gone with the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    std::string name = ::testing::TempDir() + "configXXXXXX";
    const int file = ::mkstemp(name.data());
    HUB_ASSERT(file >= 0);
    ::close(file);
    path_ = name;
    std::ofstream(path_) << content;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

const Setting& setting(const Config& config, std::string_view name) {
  for (const auto& one : config.settings)
    if (one.name == name) return one;
  HUB_ASSERT(false);
  return config.settings.front();
}

std::string refusal(const ConfigSources& sources) {
  const auto config = load_config(sources);
  return config ? "was accepted" : config.error().code + ": " + config.error().detail;
}

TEST(Configuration, FlagsWinOverVariablesAndThoseOverTheFile) {
  const TemporaryFile file("listen: 127.0.0.1:1\nthreads: 2\nlog-level: debug\n");
  const auto config =
      load_config({file.path(),
                   {{"listen", "127.0.0.1:3"}},
                   {{"COMPUTEHUB_LISTEN", "127.0.0.1:2"}, {"COMPUTEHUB_THREADS", "4"}, {"HOME", "/root"}}});
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(config.value().options.listen.port, 3);
  EXPECT_EQ(config.value().options.threads, 4U);
  EXPECT_EQ(config.value().options.log_level, LogLevel::debug);
  EXPECT_EQ(config.value().options.partitions, 16U);
  EXPECT_EQ(setting(config.value(), "listen").source, "flag --listen");
  EXPECT_EQ(setting(config.value(), "server.port").source, "flag --listen") << "it is a part of that";
  EXPECT_EQ(setting(config.value(), "threads").source, "environment COMPUTEHUB_THREADS");
  EXPECT_EQ(setting(config.value(), "log-level").source, file.path().string() + " line 3");
  EXPECT_EQ(setting(config.value(), "partitions").source, "default");
}

TEST(Configuration, UnknownKeysNameTheLineAndTheNearestOption) {
  const TemporaryFile file("dev: true\nlog_format: json\n");
  EXPECT_THAT(refusal({file.path(), {}, {}}),
              AllOf(HasSubstr("config.unknown_key"), HasSubstr("line 2"), HasSubstr("did you mean \"log-format\"")));
  EXPECT_THAT(refusal({{}, {}, {{"COMPUTEHUB_LOGLEVEL", "debug"}}}),
              AllOf(HasSubstr("config.unknown_key"), HasSubstr("did you mean COMPUTEHUB_LOG_LEVEL?")));
}

TEST(Configuration, VariablesThatOthersSetAreLeftAlone) {
  EXPECT_TRUE(load_config({{},
                           {},
                           {{"COMPUTEHUB_URL", "x"},
                            {"COMPUTEHUB_DEPLOYMENT", "dep_1"},
                            {"COMPUTEHUB_SERVICE_HOST", "10.0.0.1"},
                            {"COMPUTEHUB_PORT_8080_TCP", "tcp://10.0.0.1:8080"}}}));
}

TEST(Configuration, RepeatedKeysAreRefused) {
  const TemporaryFile file("threads: 1\nthreads: 2\n");
  EXPECT_THAT(refusal({file.path(), {}, {}}), HasSubstr("config.repeated_key"));
}

TEST(Configuration, BadValuesNamePlaceKeyAndValue) {
  EXPECT_THAT(refusal({{}, {{"threads", "many"}}, {}}), AllOf(HasSubstr("flag --threads"), HasSubstr("\"many\"")));
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{{"listen", "8080"},
                                                                                    {"listen", "example.com:80"},
                                                                                    {"listen", "::1:80"},
                                                                                    {"listen", "127.0.0.1:65536"},
                                                                                    {"max-body", "65MiB"},
                                                                                    {"partitions", "0"},
                                                                                    {"log-format", "xml"},
                                                                                    {"behind-proxy", "10.0.0.0/33"},
                                                                                    {"behind-proxy", ""},
                                                                                    {"dev", "yes"},
                                                                                    {"data", ""}})
    EXPECT_THAT(refusal({{}, {{name, value}}, {}}), HasSubstr("config.value")) << name << " " << value;
}

TEST(Configuration, AFileThatIsNoListOfOptionsIsRefused) {
  EXPECT_THAT(refusal({"/nonexistent/file.yaml", {}, {}}), HasSubstr("config.file"));
  const TemporaryFile list("- dev\n");
  EXPECT_THAT(refusal({list.path(), {}, {}}), HasSubstr("config.file"));
  const TemporaryFile broken("dev: [true\n");
  EXPECT_THAT(refusal({broken.path(), {}, {}}), HasSubstr("config.file"));
  const TemporaryFile nested("listen: {host: x}\n");
  EXPECT_THAT(refusal({nested.path(), {}, {}}), HasSubstr("config.value"));
}

TEST(Configuration, ListsOfTheFileAreTheSameAsCommas) {
  const TemporaryFile file("behind-proxy: [10.0.0.0/8, '::1']\n");
  const auto config = load_config({file.path(), {}, {}});
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_THAT(config.value().options.behind_proxy, ::testing::ElementsAre("10.0.0.0/8", "::1"));
}

TEST(Configuration, OptionsOfASectionMayStandBelowIt) {
  const TemporaryFile file(
      "queue:\n  max_queue_size: 7\n  retry_delay: 5s\nworker: {default_workers: 3}\nserver: {host: 127.0.0.2, port: "
      "99}\n"
      "outbound:\n  allow: [10.1.0.0/16, 192.168.1.1]\napp.name: ours\n");
  const auto config =
      load_config({file.path(), {}, {{"COMPUTEHUB_QUEUE_MAX_RETRIES", "9"}, {"COMPUTEHUB_APP_ENV", "test"}}});
  ASSERT_TRUE(config) << config.error().detail;
  const auto& options = config.value().options;
  EXPECT_EQ(options.max_queue_size, 7U);
  EXPECT_EQ(options.retry_delay, seconds(5));
  EXPECT_EQ(options.max_retries, 9U);
  EXPECT_EQ(options.task_timeout, seconds(300));
  EXPECT_EQ(options.default_workers, 3U);
  EXPECT_EQ(to_text(options.listen), "127.0.0.2:99");
  EXPECT_THAT(options.outbound_allow, ::testing::ElementsAre("10.1.0.0/16", "192.168.1.1"));
  EXPECT_EQ(options.app_name + options.app_env, "ourstest");
  const TemporaryFile unknown("queue:\n  max_queue_sice: 1\n");
  EXPECT_THAT(refusal({unknown.path(), {}, {}}), AllOf(HasSubstr("line 2"), HasSubstr("queue.max_queue_size")));
}

TEST(Configuration, SecretsAreMaskedAndComeFromTheEnvironmentOnly) {
  const auto config = load_config({{}, {}, {{"ENCRYPTION_KEY", "canary-1"}, {"COMPUTEHUB_DEV_TOKEN", "canary-2"}}});
  ASSERT_TRUE(config);
  EXPECT_EQ(config.value().options.encryption_key, "canary-1");
  EXPECT_EQ(config.value().options.dev_token, "canary-2");
  for (const auto& one : config.value().settings) EXPECT_THAT(one.value, Not(HasSubstr("canary"))) << one.name;
  Terminal terminal;
  EXPECT_EQ(terminal.run({"serve", "--dev-token", "x"}), Exit::usage);
}

ServeOptions listening_on(const std::string& address) {
  return load_config({{}, {{"listen", address}}, {}}).value().options;
}

TEST(Serving, DevIsRefusedBeyondLoopback) {
  for (const auto* address : {"0.0.0.0:8080", "[::]:8080", "192.168.1.5:8080"}) {
    auto options = listening_on(address);
    options.dev = true;
    options.tls_cert = "c";
    options.tls_key = "k";
    const auto fits = check_serve(options);
    ASSERT_FALSE(fits) << address;
    EXPECT_EQ(fits.error().code, "config.dev_address");
    EXPECT_EQ(exit_of(fits.error()), Exit::usage);
  }
  for (const auto* address : {"127.0.0.1:0", "127.8.8.8:1", "[::1]:8080", "[::ffff:127.0.0.1]:80", "localhost:8080"}) {
    auto options = listening_on(address);
    options.dev = true;
    EXPECT_TRUE(check_serve(options)) << address;
  }
}

TEST(Serving, TokensAreNotShownToTheNetwork) {
  auto options = listening_on("0.0.0.0:8080");
  ASSERT_FALSE(check_serve(options));
  EXPECT_EQ(check_serve(options).error().code, "config.no_tls");
  options.behind_proxy = {"10.0.0.1"};
  EXPECT_TRUE(check_serve(options));
  options.behind_proxy.clear();
  options.tls_cert = "cert.pem";
  EXPECT_EQ(check_serve(options).error().code, "config.tls_pair");
  options.tls_key = "key.pem";
  EXPECT_TRUE(check_serve(options));
}

TEST(Serving, TheHookGetsWhatIsInForce) {
  Terminal terminal;
  ServeOptions given;
  terminal.local.serve = [&](const Config& config) -> Result<Exit> {
    const auto& options = config.options;
    given = options;
    return Exit::done;
  };
  terminal.environment = {{"COMPUTEHUB_DATA", "/elsewhere"}};
  EXPECT_EQ(terminal.run({"serve", "--dev", "--listen", "127.0.0.1:0", "--data", "/here"}), Exit::done) << terminal.err;
  EXPECT_TRUE(given.dev);
  EXPECT_EQ(given.data, "/here");
  EXPECT_EQ(terminal.run({"serve", "--dev", "--listen", "127.0.0.1:0"}), Exit::done);
  EXPECT_EQ(given.data, "/elsewhere");
  EXPECT_EQ(terminal.run({"serve", "--dev", "--listen", "0.0.0.0:0"}), Exit::usage);
  EXPECT_THAT(terminal.err, HasSubstr("loopback"));
}

TEST(ConfigCommand, PrintsValuesAndWhereTheyCameFrom) {
  Terminal terminal;
  terminal.environment = {{"COMPUTEHUB_LOG_FORMAT", "json"}, {"ENCRYPTION_KEY", "canary"}};
  EXPECT_EQ(terminal.run({"config", "--threads", "3"}), Exit::done);
  EXPECT_THAT(terminal.out, AllOf(HasSubstr("flag --threads"), HasSubstr("environment COMPUTEHUB_LOG_FORMAT"),
                                  HasSubstr("********"), Not(HasSubstr("canary"))));
  EXPECT_EQ(terminal.run({"config", "-o", "json"}), Exit::done);
  EXPECT_THAT(terminal.out,
              HasSubstr(R"({"name":"log-format","value":"json","source":"environment COMPUTEHUB_LOG_FORMAT"})"));
}

}  // namespace
}  // namespace hub::cli
