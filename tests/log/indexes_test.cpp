#include <gmock/gmock.h>

#include "events/log/audit.hpp"
#include "events/log/embedded_log.hpp"
#include "events/log/embedded_store.hpp"
#include "tests/log/samples.hpp"

namespace hub::log::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr Instant kAt{1'900'000'000'000'000};  // behind the claims, which the log stamps by the wall clock

/// A log of two partitions whose tables are changed behind its back.
class IndexesTest : public ::testing::Test {
 protected:
  IndexesTest() {
    const auto log = open_embedded_log({.folder = folder_.path(), .partitions = 2}).value();
    for (PartitionId partition = 0; partition < 2; ++partition) {
      auto head = log->claim(partition, "node").value();
      const auto id = "e" + std::to_string(partition);
      auto child = event(id, 1);
      child.parent = id + "-parent";
      child.parent_version = 1;
      EXPECT_EQ(log->append({sealed_events(partition, head, {child, event(id, 2)}, kAt)}), Append::committed);
      EXPECT_EQ(log->append({sealed_events(partition, head, {event(id, 3)}, kAt + milliseconds(1))}),
                Append::committed);
      // Several of one time share an entry; the last of them holds no record.
      EXPECT_EQ(log->append({sealed_events(partition, head, {}, kAt + milliseconds(1))}), Append::committed);
    }
  }

  template <class Change>
  void change(Change what) {
    const auto store = open_store({.folder = folder_.path()}, rocksdb::Env::Default()).value();
    rocksdb::WriteOptions write;
    write.sync = true;
    ASSERT_TRUE(what(*store, write).ok());
  }
  std::string fault() {
    const auto log = open_embedded_log({.folder = folder_.path(), .read_only = true}).value();
    const auto report = verify(*log, Signer::temporary().public_key(), {}, Unsigned::allowed);
    return report.fault ? to_text(report.fault->position) + ": " + report.fault->reason : "";
  }

  const TemporaryFolder folder_;
};

TEST_F(IndexesTest, OfASoundLogFit) {
  EXPECT_EQ(fault(), "");
}

TEST_F(IndexesTest, OfALogThatIsWrittenToMeanwhileAreCheckedAsTheyWere) {
  const auto log = open_embedded_log({.folder = folder_.path()}).value();
  auto head = log->claim(1, "node").value();
  const auto check = log->check_indexes();
  Version version = 4;
  for (bool more = true; more; ++version) {
    ASSERT_EQ(log->append({sealed_events(1, head, {event("e1", version)}, kAt + seconds(std::int64_t(version)))}),
              Append::committed);
    const auto found = check->step(1);
    ASSERT_TRUE(found) << found.error().detail;
    more = found.value();
  }
  EXPECT_EQ(check->records(), 9U) << "four of each partition, and the claim";
}

TEST_F(IndexesTest, AnEntityThatIsLeftOutIsMissedAtItsRecord) {
  change([](Store& store, const auto& write) { return store.db->Delete(write, store.entities, entity_key("e1", 3)); });
  EXPECT_EQ(fault(), "1:4: missing in the index of entities");
}

TEST_F(IndexesTest, AParentThatIsLeftOutIsMissedAtItsRecord) {
  change([](Store& store, const auto& write) {
    return store.db->Delete(write, store.entities, entity_key("e0-parent", 1));
  });
  EXPECT_EQ(fault(), "0:2: missing in the index of entities");
}

TEST_F(IndexesTest, AnEntityThatLeadsElsewhereIsFoundAtItsRecord) {
  change([](Store& store, const auto& write) {
    return store.db->Put(write, store.entities, entity_key("e0", 2), entity_place({0, 4, 0}, 4));
  });
  EXPECT_EQ(fault(), "0:3: the index of entities leads elsewhere");
}

TEST_F(IndexesTest, AnEntityThatNoRecordIsAboutIsFoundWhereItLeads) {
  change([](Store& store, const auto& write) {
    return store.db->Put(write, store.entities, entity_key("e0", 4), entity_place({0, 4, 0}, 4));
  });
  EXPECT_EQ(fault(), "0:4: the index of entities has an entry without a record");
}

TEST_F(IndexesTest, ATimeThatIsLeftOutIsMissedAtTheLastRecordUpToThen) {
  change([](Store& store, const auto& write) { return store.db->Delete(write, store.times, time_key(1, kAt)); });
  EXPECT_EQ(fault(), "1:3: missing in the index of times");
}

TEST_F(IndexesTest, ATimeThatSaysAnotherSeqIsFound) {
  change([](Store& store, const auto& write) {
    return store.db->Put(write, store.times, time_key(0, kAt), std::string("\x02"));
  });
  EXPECT_EQ(fault(), "0:3: the index of times says another seq");
}

TEST_F(IndexesTest, ATimeThatNoBatchHasIsFoundInTheMiddleAndAtTheEnd) {
  change([](Store& store, const auto& write) {
    return store.db->Put(write, store.times, time_key(1, kAt + seconds(1)), std::string("\x04"));
  });
  EXPECT_EQ(fault(), "1:4: the index of times has an entry without a batch");
  change([](Store& store, const auto& write) {
    return store.db->Put(write, store.times, time_key(0, kAt + seconds(1)), std::string("\x03"));
  });
  EXPECT_EQ(fault(), "0:3: the index of times has an entry without a batch");
}

}  // namespace
}  // namespace hub::log::testing
