#include "adapters/agents/protocol.hpp"

#include <gtest/gtest.h>

#include "events/core/ids.hpp"

namespace hub::agents {
namespace {

const std::string kId = derive_id("dep_", "command", 0);

Hello hello() {
  Hello hello;
  hello.agent = "agent";
  hello.generation = 1;
  hello.cpus = 4;
  return hello;
}

TEST(AgentProtocol, AMessageIsReadAsItWasWritten) {
  Lines lines{kId, {{1, Instant{5}, "stdout", false, "a \"line\"\n"}, {2, Instant{6}, "stderr", true, "\u00e9"}}};
  const auto read = decode_from_agent(encode(FromAgent(lines)));
  ASSERT_TRUE(read) << read.error().detail;
  const auto& same = std::get<Lines>(read.value());
  EXPECT_EQ(same.deployment, kId);
  ASSERT_EQ(same.lines.size(), 2U);
  EXPECT_EQ(same.lines[0].text, lines.lines[0].text);
  EXPECT_EQ(same.lines[1].stream, "stderr");
  EXPECT_TRUE(same.lines[1].split);

  Work work{kId, "start", "1.1", {R"({"provider":"local","run":1})"}, WorkOrder{}};
  work.order->spec.name = "x";
  work.order->spec.command = {"true"};
  work.order->env = {{"A", "secret"}};
  const auto order = decode_from_gateway(encode(FromGateway(work)));
  ASSERT_TRUE(order) << order.error().detail;
  const auto& given = std::get<Work>(order.value());
  EXPECT_EQ(given.data.text, work.data.text);
  ASSERT_TRUE(given.order);
  EXPECT_EQ(given.order->spec, work.order->spec);
  EXPECT_EQ(given.order->env, work.order->env);
}

TEST(AgentProtocol, WhatANewerReleaseSaysBesidesIsPassedOver) {
  EXPECT_TRUE(decode_from_agent(R"({"type":"alive","data":{"running":1,"load":3},"more":true})"));
}

TEST(AgentProtocol, WhatIsNoMessageIsRefused) {
  for (const auto text :
       {"", "[]", "{}", R"({"type":"alive"})", R"({"type":"rubbish","data":{}})", R"({"type":"work","data":{}})",
        R"({"type":"alive","data":{"running":-1}})", R"({"type":"lines","data":{"deployment":"../x","lines":[]}})",
        R"({"type":"report","data":{"entity":"hst_00000000000000000000000000","command":"x","data":{}}})"}) {
    const auto read = decode_from_agent(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, "agent.message") << text;
  }
  EXPECT_FALSE(decode_from_gateway(R"({"type":"hello","data":{}})")) << "is the other side's";
  EXPECT_FALSE(decode_from_gateway(R"({"type":"welcome","data":{"heartbeat_ms":0,"silence_ms":1}})"));
}

TEST(AgentProtocol, AHelloNamesAMachineThatCanBe) {
  EXPECT_TRUE(decode_from_agent(encode(FromAgent(hello()))));
  const auto refused = [](auto change, std::string_view field) {
    auto bad = hello();
    change(bad);
    const auto read = decode_from_agent(encode(FromAgent(bad)));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().field, field);
  };
  refused([](Hello& h) { h.agent = ""; }, "agent");
  refused([](Hello& h) { h.agent = std::string(kAgentIdSizeMax + 1, 'a'); }, "agent");
  refused([](Hello& h) { h.generation = 0; }, "generation");
  refused([](Hello& h) { h.cpus = 0; }, "cpus");
  refused([](Hello& h) { h.memory_bytes = -1; }, "memory_bytes");
  refused([](Hello& h) { h.gpus.assign(kGpusMax + 1, {"x", 1}); }, "gpus");
  refused([](Hello& h) { h.gpus = {{"x", 0}}; }, "gpus.count");
}

TEST(AgentProtocol, LinesAscendAndAreNotMoreThanAMessageTakes) {
  for (const auto& seqs : {std::vector<std::uint64_t>{2, 1}, {1, 1}, {0}}) {
    Lines lines{kId, {}};
    for (const auto seq : seqs) lines.lines.push_back({seq, Instant{1}, "stdout", false, "x"});
    const auto read = decode_from_agent(encode(FromAgent(lines)));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().field, "lines.seq");
  }
  Lines many{kId, {}};
  for (std::uint64_t seq = 1; seq <= telemetry::kLinesPerMessage + 1; ++seq)
    many.lines.push_back({seq, Instant{1}, "stdout", false, "x"});
  EXPECT_FALSE(decode_from_agent(encode(FromAgent(many))));
  many.lines.pop_back();
  EXPECT_TRUE(decode_from_agent(encode(FromAgent(many))));
}

TEST(AgentProtocol, APageOfTheWorstLinesFitsIntoAMessage) {
  std::vector<providers::LogLine> lines;
  for (std::uint64_t seq = 1; seq <= telemetry::kLinesPerMessage; ++seq)
    lines.push_back({seq, Instant{1}, false, true, std::string(64 << 10, '\x01')});
  lines.resize(telemetry::lines_in_a_message(lines));
  EXPECT_LE(encode(FromAgent(Lines{kId, telemetry::to_line_json(lines)})).size(), kAgentMessageBytesMax);
}

}  // namespace
}  // namespace hub::agents
