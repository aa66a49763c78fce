#include <gmock/gmock.h>

#include <random>

#include "adapters/models/event_stream.hpp"
#include "adapters/models/openai_answers.hpp"
#include "adapters/models/refusal.hpp"
#include "events/core/json.hpp"

namespace hub::calls {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Datas = std::vector<std::string>;

/// What comes out when the bytes come in pieces of these sizes, the last one repeated.
Datas events_of(std::string_view bytes, const std::vector<std::size_t>& sizes) {
  EventStream stream;
  Datas datas;
  const auto keep = [&](std::string_view data) {
    datas.emplace_back(data);
    return true;
  };
  for (std::size_t at = 0, i = 0; at < bytes.size(); ++i) {
    const auto size = std::max<std::size_t>(sizes[std::min(i, sizes.size() - 1)], 1);
    EXPECT_TRUE(stream.feed(bytes.substr(at, size), keep));
    at += size;
  }
  EXPECT_TRUE(stream.finish(keep));
  return datas;
}
Datas events_of(std::string_view bytes) {
  return events_of(bytes, {bytes.size()});
}

TEST(EventStream, EndsEventsAtBlankLinesOfEveryKind) {
  EXPECT_THAT(events_of("data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: d\n\r\n"), ElementsAre("a", "b", "c", "d"));
}

TEST(EventStream, JoinsDataLinesAndPassesByWhatIsNoData) {
  EXPECT_THAT(events_of(": hello\nevent: message\nid: 7\ndata: one\ndata: two\nretry: 9\n\n"), ElementsAre("one\ntwo"));
  EXPECT_THAT(events_of("data: one\r\ndata: two\r\n\r\n"), ElementsAre("one\ntwo"));
  EXPECT_THAT(events_of("data:x\n\ndata:  y\n\ndata\n\ndatabase: z\n\n\n\n: only a comment\n\n"),
              ElementsAre("x", " y", ""));
  EXPECT_THAT(events_of("\xEF\xBB\xBF"
                        "data: behind a mark\n\n"),
              ElementsAre("behind a mark"));
}

TEST(EventStream, TellsAnEventThatTheEndOfTheBytesEnds) {
  EXPECT_THAT(events_of("data: a\n\ndata: b"), ElementsAre("a", "b"));
  EXPECT_THAT(events_of("data: a\n"), ElementsAre("a"));
  EXPECT_THAT(events_of(""), IsEmpty());
}

TEST(EventStream, StopsWhenItIsTold) {
  EventStream stream;
  int told = 0;
  EXPECT_FALSE(stream.feed("data: a\n\ndata: b\n\n", [&](std::string_view) { return ++told < 1; }));
  EXPECT_EQ(told, 1);
  EXPECT_FALSE(stream.too_large());
}

TEST(EventStream, BoundsALineAndAnEvent) {
  const auto taken = [](std::string_view piece) {
    EventStream stream;
    std::size_t size = 0;
    while (size < 8 * kEventBytesMax && stream.feed(piece, [](std::string_view) { return true; })) size += piece.size();
    EXPECT_TRUE(stream.too_large());
    return size;
  };
  EXPECT_LE(taken(std::string(1'000, 'x')), kEventBytesMax);
  EXPECT_LE(taken("data: " + std::string(1'000, 'x') + '\n'), kEventBytesMax + kEventBytesMax / 10);
  EXPECT_LE(taken("data\n"), kEventBytesMax * 6);
}

TEST(EventStream, AnyCutOfTheBytesGivesTheSameEvents) {
  const std::string_view pieces[] = {"data: ",     "data:",     "\n",       "\r\n",   "\r",
                                     "\n\n",       ":",         " ",        "data",   "é",
                                     "\U0001F600", "{\"a\":1}", "event: x", "[DONE]", "\xEF\xBB\xBF"};
  std::mt19937 random(20'261'122);
  for (int round = 0; round < 3'000; ++round) {
    std::string bytes;
    for (auto left = random() % 24; left > 0; --left) bytes += pieces[random() % std::size(pieces)];
    const auto whole = events_of(bytes);
    EXPECT_EQ(events_of(bytes, {1}), whole) << bytes;
    std::vector<std::size_t> sizes;
    for (int i = 0; i < 12; ++i) sizes.push_back(1 + random() % 7);
    EXPECT_EQ(events_of(bytes, sizes), whole) << bytes;
  }
}

/// The stream's chunks, one after the other; stops at a failure.
Reading read(ChatStream& stream, const std::vector<std::string_view>& chunks, std::string* text = nullptr) {
  for (const auto chunk : chunks) {
    std::string_view piece;
    auto reading = stream.add(chunk, piece);
    if (!reading.good()) return reading;
    if (text != nullptr) *text += piece;
  }
  return {};
}

TEST(ChatStream, JoinsTextAsEveryServerSendsIt) {
  ChatStream stream;
  std::string text;
  ASSERT_TRUE(
      read(stream,
           {R"({"choices":[],"prompt_filter_results":[]})",
            R"({"choices":[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null}]})",
            R"({"choices":[{"index":0,"delta":{"content":"gr\u00fc"}}],"obfuscation":"xyz","timings":{"prompt_n":1}})",
            R"({"choices":[{"index":0,"delta":{"content":"\ufffd\n"}}],"usage":null})",
            R"({"choices":[{"index":0,"delta":{},"finish_reason":"length"}]})"},
           &text)
          .good());
  EXPECT_EQ(text, "grü\uFFFD\n");
  EXPECT_TRUE(stream.finished());
  EXPECT_FALSE(stream.done());
  ASSERT_TRUE(read(stream, {R"({"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}})",
                            "[DONE]", "not even JSON"})
                  .good());
  EXPECT_TRUE(stream.done());
  EXPECT_EQ(stream.answer().result, "{\"text\":\"grü\uFFFD\\n\"}");
  EXPECT_EQ(stream.answer().finish_reason, "length");
  EXPECT_EQ(stream.answer().usage, (Usage{true, 3, 2, 5}));
}

TEST(ChatStream, JoinsToolCallsByTheirIndex) {
  ChatStream stream;
  ASSERT_TRUE(
      read(
          stream,
          {R"({"choices":[{"index":0,"delta":{"content":null,"tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"two","arguments":""}}]}}]})",
           R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"one","arguments":"{\"x\""}}]}}]})",
           R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}},{"index":1,"function":{"arguments":"{}"}}]}}]})",
           R"({"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]})"})
          .good());
  EXPECT_EQ(
      stream.answer().result,
      R"({"text":"","tool_calls":[{"id":"a","type":"function","function":{"name":"one","arguments":"{\"x\":1}"}},)"
      R"({"id":"b","type":"function","function":{"name":"two","arguments":"{}"}}]})");
}

TEST(ChatStream, IsFinishedWhenEveryChoiceIs) {
  ChatStream stream;
  ASSERT_TRUE(read(stream, {R"({"choices":[{"index":0,"delta":{"content":"a"}}]})",
                            R"({"choices":[{"index":1,"delta":{"content":"b"}}]})",
                            R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"})
                  .good());
  EXPECT_FALSE(stream.finished());
  ASSERT_TRUE(read(stream, {R"({"choices":[{"index":1,"delta":{},"finish_reason":"stop"}]})"}).good());
  EXPECT_TRUE(stream.finished());
  EXPECT_EQ(stream.answer().result, R"({"text":"a"})");
}

TEST(ChatStream, RefusesWhatIsNoChunk) {
  for (const std::string_view chunk :
       {"", "null", "[]", "{", "{}", R"({"choices":1})", R"({"choices":[{"index":-1}]})",
        R"({"choices":[{"index":128}]})", R"({"choices":[{"index":0,"delta":{"content":5}}]})",
        R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":128}]}}]})", "{\"choices\":[],\"a\":\"\xff\"}"}) {
    ChatStream stream;
    const auto reading = read(stream, {chunk});
    EXPECT_EQ(reading.failure.code, "call.malformed_answer") << chunk;
  }
  ChatStream stream;
  EXPECT_EQ(read(stream, {std::string(70, '[')}).failure.code, "call.malformed_answer");
}

TEST(WholeAnswer, IsReadWithItsToolCallsAndUsage) {
  Answer answer;
  ASSERT_TRUE(read_chat(R"({"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":)"
                        R"([{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},)"
                        R"("finish_reason":"tool_calls"}],"usage":{"prompt_tokens":9,"completion_tokens":1}})",
                        answer)
                  .good());
  EXPECT_THAT(answer.result, HasSubstr(R"({"text":"","tool_calls":[{"id":"a")"));
  EXPECT_EQ(answer.finish_reason, "tool_calls");
  EXPECT_EQ(answer.usage, (Usage{true, 9, 1, 10}));
}

TEST(WholeAnswer, CountsOfTokensAreNeverBelowZero) {
  Answer answer;
  ASSERT_TRUE(read_chat(R"({"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":-9,)"
                        R"("completion_tokens":"many","total_tokens":-1}})",
                        answer)
                  .good());
  EXPECT_EQ(answer.usage, (Usage{true, 0, 0, 0}));
}

TEST(Embeddings, AreReadAsNumbersAndAsBase64InTheOrderOfTheirIndex) {
  Answer answer;
  ASSERT_TRUE(read_embeddings(R"({"data":[{"index":1,"embedding":[0.25,-2]},{"index":0,"embedding":[1e-3,3]}],)"
                              R"("usage":{"prompt_tokens":2,"total_tokens":2}})",
                              answer)
                  .good());
  EXPECT_EQ(answer.result, R"({"embeddings":[[0.001,3],[0.25,-2]]})");
  EXPECT_EQ(answer.usage, (Usage{true, 2, 0, 2}));
  // 1.5 and -0.25 as little-endian float32.
  ASSERT_TRUE(read_embeddings(R"({"data":[{"embedding":"AADAPwAAgL4="}]})", answer).good());
  EXPECT_EQ(answer.result, R"({"embeddings":[[1.5,-0.25]]})");
}

TEST(Embeddings, RefuseWhatIsNone) {
  for (const std::string_view body :
       {"", "{}", R"({"data":[]})", R"({"data":[{"embedding":[]}]})", R"({"data":[{"embedding":["a"]}]})",
        R"({"data":[{"embedding":"AADAPw="},{"embedding":"AADA"}]})", R"({"data":[{"embedding":"!!!!"}]})",
        R"({"data":[{"embedding":"AADAfw=="}]})",
        R"({"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]})",
        R"({"data":[{"index":1,"embedding":[1]}]})"}) {
    Answer answer;
    EXPECT_EQ(read_embeddings(body, answer).failure.code, "call.malformed_answer") << body;
  }
}

TEST(PointedAnswer, IsWhatThePointerFinds) {
  const auto at = [](std::string_view body, std::string_view pointer) {
    Answer answer;
    const auto reading = read_pointed(body, pointer, answer);
    return reading.good() ? answer.result : std::string(reading.failure.code);
  };
  EXPECT_EQ(at(R"({"out":[{"text":"hi"}]})", "/out/0/text"), R"({"text":"hi"})");
  EXPECT_EQ(at(R"({"out":{"a":[1,2]}})", "/out"), R"({"json":{"a":[1,2]}})");
  EXPECT_EQ(at(R"({"vectors":[[1,2],[3,4]]})", "/vectors"), R"({"embeddings":[[1,2],[3,4]]})");
  EXPECT_EQ(at(R"([1,2])", ""), R"({"json":[1,2]})");
  EXPECT_EQ(at(R"({"a":1})", "/b"), "call.malformed_answer");
  EXPECT_EQ(at(R"({"error":"down"})", "/b"), "call.error_in_stream");
  EXPECT_EQ(at("nonsense", ""), "call.malformed_answer");
}

TEST(ErrorBody, IsReadInEveryShape) {
  const auto said = [](std::string_view body) {
    const auto error = read_error(body);
    return error.message + '|' + error.type + '|' + error.code;
  };
  EXPECT_EQ(said(R"({"error":{"message":"m","type":"t","param":null,"code":"c"}})"), "m|t|c");
  EXPECT_EQ(said(R"({"error":{"code":400,"message":"m","type":"t"}})"), "m|t|400");
  EXPECT_EQ(said(R"({"object":"error","message":"flat","type":"t","code":40401})"), "flat|t|40401");
  EXPECT_EQ(said(R"({"error":"words"})"), "words||");
  EXPECT_EQ(said(R"({"detail":"Not Found"})"), "Not Found||");
  EXPECT_EQ(said(R"(<html>)"), "||");
  EXPECT_EQ(said(""), "||");
}

TEST(Detail, IsShortValidAndWithoutTheSecret) {
  EXPECT_EQ(clean_detail("a\nb\x1f"
                         "c\x7f",
                         ""),
            "a b c ");
  EXPECT_EQ(clean_detail("key sk-1 and sk-1", "sk-1"), "key [secret] and [secret]");
  const std::string secret(100, 's');
  std::string text;
  for (int i = 0; i < 20; ++i) text += secret + ' ';
  const auto cleaned = clean_detail(text, secret);
  EXPECT_EQ(cleaned.find("ss"), std::string::npos) << cleaned;
  for (std::size_t pad = 290; pad < 310; ++pad) {
    const auto cut = clean_detail(std::string(pad, 'a') + "\U0001F600\U0001F600" + "\xff\xff\xff", "x");
    EXPECT_LE(cut.size(), kDetailBytesMax);
    EXPECT_TRUE(is_valid_utf8(cut));
  }
  EXPECT_LE(clean_detail(std::string(300, '\xff'), "").size(), kDetailBytesMax);
}

TEST(Wait, FollowsTheOrderOfTheHeaders) {
  const Instant now{1'767'225'600'000'000};  // 2026-01-01T00:00:00Z
  EXPECT_EQ(wait_ms({"", "Thu, 01 Jan 2026 00:01:00 GMT", ""}, now), 60'000);
  EXPECT_EQ(wait_ms({"0", "1.5", ""}, now), 1'500);
  EXPECT_EQ(wait_ms({"12.4", "9", ""}, now), 13);
  EXPECT_EQ(wait_ms({"nan", "inf", ""}, now), 0);
  EXPECT_EQ(wait_ms({"", "5 apples", ""}, now), 0);
}

}  // namespace
}  // namespace hub::calls
