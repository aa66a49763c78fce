#include "events/log/cloud_event.hpp"

#include <gmock/gmock.h>

#include "events/core/json.hpp"
#include "tests/log/samples.hpp"

namespace hub::log::testing {
namespace {

TEST(CloudEvent, HasEveryAttributeOfAFullRecord) {
  auto record = event("tsk_1", 4, R"({"prompt":"a \"b\""})");
  record.seq = 17;
  record.parent = "mdl_1";
  record.parent_version = 9;
  record.correlation_id = "req-1";
  EXPECT_EQ(to_cloud_event(record, 3),
            R"({"specversion":"1.0","id":"3:17","source":"/computehub","type":"computehub.deployment.requested.v1",)"
            R"("time":"2023-11-14T22:13:20.000000Z","subject":"tsk_1","version":4,"commandid":"command-1",)"
            R"("actor":"user:ada","org":"default","project":"default","correlationid":"req-1","parent":"mdl_1",)"
            R"("parentversion":9,"datacontenttype":"application/json","data":{"prompt":"a \"b\""}})");
}

TEST(CloudEvent, LeavesOutWhatIsEmpty) {
  Record record;
  record.seq = 1;
  record.type = "t";
  EXPECT_EQ(to_cloud_event(record, 0), R"({"specversion":"1.0","id":"0:1","source":"/computehub","type":"t"})");
}

TEST(CloudEvent, DataThatIsNoJsonOnOneLineIsBase64) {
  for (const std::string data : {"{", "{\n}", "\xff", " {}", "{} ", "{} {}"}) {
    const auto text = to_cloud_event(event("e", 1, data), 0);
    EXPECT_THAT(text, ::testing::HasSubstr("\"data_base64\":\"" + to_base64(data) + "\"")) << data;
    EXPECT_EQ(text.find('\n'), std::string::npos);
  }
}

TEST(CloudEvent, IsAlwaysValidUtf8) {
  RandomBatches random(7);
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(is_valid_utf8(to_cloud_event(random.record(), 0)));
}

}  // namespace
}  // namespace hub::log::testing
