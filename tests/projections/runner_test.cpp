#include <gmock/gmock.h>
#include <rocksdb/db.h>

#include <atomic>
#include <future>
#include <thread>

#include "projections/core/folders.hpp"
#include "tests/projections/support.hpp"

namespace hub::projections {
namespace {

using testing::at_second;
using testing::Folder;
using ::testing::HasSubstr;
using testing::Hub;
using testing::id_of;
using testing::Lives;
using testing::MemoryLog;
using testing::requested;
using testing::Writer;

/// Writes `count` events in batches of random size to the partitions of their entities.
void write_lives(MemoryLog& log, Lives& lives, std::int64_t& second, int count, std::size_t batch_max) {
  for (int written = 0; written < count;) {
    std::map<PartitionId, std::vector<log::Record>> batches;
    for (auto left = lives.pick(batch_max) + 1; left > 0; --left, ++written) {
      auto record = lives.next(at_second(second));
      batches[partition_of(record.entity, log.partitions())].push_back(std::move(record));
    }
    for (auto& batch : batches) log.write(batch.first, std::move(batch.second), at_second(second));
    ++second;
  }
}

/// Content of the same log folded in one go.
Digest folded_anew(MemoryLog& log) {
  const Folder folder;
  auto store = Store::open(folder.path() / "s", testing::small_resources(), Store::Mode::write).value();
  const auto projection = deployments::make_projection();
  Host host(*projection, log, store);
  HUB_ASSERT(host.catch_up());
  host.commit();
  return store->content_hash();
}

/// The files of an open store as a crash at this moment would leave them.
void copy_as_of_now(const Store& store, const std::filesystem::path& from, const std::filesystem::path& to) {
  HUB_ASSERT(store.db().PauseBackgroundWork().ok() && store.db().DisableFileDeletions().ok());
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
  HUB_ASSERT(store.db().EnableFileDeletions(false).ok() && store.db().ContinueBackgroundWork().ok());
}

class Foldings : public ::testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, Foldings, ::testing::Range<std::uint64_t>(0, 6));

TEST_P(Foldings, GiveTheSameRowsWhereverFoldsEnd) {
  MemoryLog log;
  Lives lives(GetParam(), 40);
  std::int64_t second = 0;
  write_lives(log, lives, second, 1'200, 9);
  const Folder folder;
  auto store = Store::open(folder.path() / "s", testing::small_resources(), Store::Mode::write).value();
  const auto projection = deployments::make_projection();
  Host host(*projection, log, store);
  // The partitions in any order, and a fold ends anywhere.
  std::vector<PartitionId> unread{0, 1, 2, 3};
  while (!unread.empty()) {
    const auto which = lives.pick(unread.size());
    const auto partition = unread[which];
    const auto batches = log.read(partition, host.marks().partitions[partition].seq + 1, 1).value();
    if (batches.empty()) {
      unread.erase(unread.begin() + static_cast<std::ptrdiff_t>(which));
      continue;
    }
    ASSERT_TRUE(host.feed(batches.front()));
    if (lives.pick(4) == 0) host.commit();
  }
  host.commit();
  EXPECT_EQ(store->content_hash(), folded_anew(log));
}

TEST_P(Foldings, CountEachEventOnceThroughCrashesAtAnyPoint) {
  MemoryLog log;
  Lives lives(GetParam() + 100, 40);
  std::int64_t second = 0;
  const Folder folder;
  const auto projection = deployments::make_projection();
  auto at = folder.path() / "0";
  for (int crash = 1; crash <= 8; ++crash) {
    auto store = Store::open(at, testing::small_resources(), Store::Mode::write).value();
    Host host(*projection, log, store);
    ASSERT_TRUE(host.catch_up());
    host.commit();
    for (int round = 0; round < 5; ++round) {
      write_lives(log, lives, second, 40, 5);
      ASSERT_TRUE(host.catch_up());
      if (lives.pick(2) == 0) host.commit();
      if (lives.pick(3) == 0) host.flush(true);
    }
    // What a crash leaves: the files as they are now, without what is only in memory.
    const auto left = folder.path() / std::to_string(crash);
    copy_as_of_now(*store, at, left);
    at = left;
  }
  auto store = Store::open(at, testing::small_resources(), Store::Mode::write).value();
  Host host(*projection, log, store);
  ASSERT_TRUE(host.catch_up());
  host.commit();
  EXPECT_EQ(store->content_hash(), folded_anew(log));
}

TEST(Runner, FoldsWhatComesWhileItRunsAndWhatCameBefore) {
  MemoryLog log;
  const Folder folder;
  Lives lives(7, 50);
  std::int64_t second = 0;
  write_lives(log, lives, second, 500, 20);
  Hub hub(log, folder.path());
  hub.runner->start();
  write_lives(log, lives, second, 3'000, 20);
  ASSERT_TRUE(hub.settle());
  EXPECT_EQ(hub.feed().store()->content_hash(), folded_anew(log));
  EXPECT_EQ(hub.feed().stats().events.load(), log.head(0).seq + log.head(1).seq + log.head(2).seq + log.head(3).seq);
}

TEST(Runner, ReadsFromTheLogWhatItsInboxCouldNotHold) {
  MemoryLog log;
  const Folder folder;
  RunnerOptions options;
  options.inbox_bytes_max = 2'000;
  Hub hub(log, folder.path(), options);
  hub.runner->start();
  Lives lives(8, 50);
  std::int64_t second = 0;
  write_lives(log, lives, second, 2'000, 30);
  ASSERT_TRUE(hub.settle());
  EXPECT_GT(log.reads(), 0U);
  EXPECT_EQ(hub.feed().store()->content_hash(), folded_anew(log));
}

TEST(Runner, LosesNothingWhenItsInboxHoldsNothing) {
  MemoryLog log;
  const Folder folder;
  RunnerOptions options;
  options.inbox_bytes_max = 0;
  Hub hub(log, folder.path(), options);
  hub.runner->start();
  Writer writer(log);
  for (int i = 0; i < 20; ++i) {
    writer.write(i, requested("n"));
    ASSERT_TRUE(hub.settle()) << i;
  }
  EXPECT_TRUE(hub.deployments.get(id_of(19), {}));
}

TEST(Folding, OfABatchReadsFirstWhatIsMissingBeforeItAndSkipsWhatItHas) {
  MemoryLog log(1);
  const Folder folder;
  const auto first = log.write(0, {testing::record_of(id_of(1), 1, requested("a"), at_second(0))}, at_second(0));
  log.write(0, {testing::record_of(id_of(2), 1, requested("b"), at_second(1))}, at_second(1));
  const auto last = log.write(0, {testing::record_of(id_of(3), 1, requested("c"), at_second(2))}, at_second(2));
  auto store = Store::open(folder.path() / "s", testing::small_resources(), Store::Mode::write).value();
  const auto projection = deployments::make_projection();
  Host host(*projection, log, store);
  ASSERT_TRUE(host.feed(last));
  ASSERT_TRUE(host.feed(first));
  host.commit();
  EXPECT_EQ(host.marks().partitions.front().seq, 3U);
  EXPECT_EQ(store->content_hash(), folded_anew(log));
}

TEST(Runner, GoesOnWhereItStoppedWithoutFoldingTwice) {
  MemoryLog log;
  const Folder folder;
  Lives lives(9, 50);
  std::int64_t second = 0;
  for (int run = 0; run < 4; ++run) {
    Hub hub(log, folder.path());
    hub.runner->start();
    write_lives(log, lives, second, 300, 10);
    ASSERT_TRUE(hub.settle());
    EXPECT_LT(hub.feed().stats().events.load(), 400U);
  }
  Hub hub(log, folder.path());
  EXPECT_EQ(hub.feed().store()->content_hash(), folded_anew(log));
}

TEST(Runner, EndsAFoldWhenItHasManyEvents) {
  MemoryLog log(1);
  const Folder folder;
  std::vector<log::Record> records;
  const int count = static_cast<int>(kFoldEventsMax) + 500;
  for (int i = 0; i < count; ++i) {
    records.push_back(testing::record_of(id_of(i), 1, requested("n"), at_second(i)));
    if (records.size() == 100) log.write(0, std::exchange(records, {}), at_second(i));
  }
  Hub hub(log, folder.path());
  std::size_t most = 0;
  hub.feed().observe([&](const FoldResult& result) { most = std::max(most, result.changes.size()); });
  hub.runner->start();
  ASSERT_TRUE(hub.settle());
  hub.runner->stop();
  EXPECT_EQ(most, kFoldEventsMax);
}

TEST(Runner, BringsToDiskWhatIsOldEnoughWithoutAnyNewEvent) {
  MemoryLog log;
  const Folder folder;
  Writer(log).write(1, requested("a"));
  RunnerOptions options;
  options.flush_every = std::chrono::milliseconds(1);
  Hub hub(log, folder.path(), options);
  hub.runner->start();
  ASSERT_TRUE(hub.settle());
  const auto current = *Folders(folder.path(), hub.feed().projection()).current();
  const auto deadline = std::chrono::steady_clock::now() + testing::kDeadline;
  bool on_disk = false;
  while (!on_disk && std::chrono::steady_clock::now() < deadline) {
    const auto store = Store::open(current, testing::small_resources(), Store::Mode::read_only);
    on_disk = store && store.value()->get(deployments::id_key(id_of(1)));
  }
  EXPECT_TRUE(on_disk);
}

TEST(Runner, TellsObserversOfEachRowOnceAFoldInOrder) {
  MemoryLog log;
  const Folder folder;
  Writer writer(log);
  writer.write(1, requested("a"));
  writer.write(1, deployments::DeploymentPrepared{"here", "rlimit", {}});
  writer.write(1, deployments::DeploymentDeleteRequested{});
  const auto last = writer.write(1, deployments::DeploymentDeleted{at_second(9)});
  Hub hub(log, folder.path());
  std::vector<FoldResult> results;
  hub.feed().observe([&](const FoldResult& result) { results.push_back(result); });
  hub.runner->start();
  ASSERT_TRUE(hub.settle());
  hub.runner->stop();
  ASSERT_EQ(results.size(), 1U);
  ASSERT_EQ(results.front().changes.size(), 1U);
  const auto& change = results.front().changes.front();
  EXPECT_EQ(change.id, id_of(1));
  EXPECT_EQ(change.project, "default");
  EXPECT_EQ(change.op, RowChange::Op::remove);
  EXPECT_EQ(change.mark, last);
  EXPECT_THAT(*change.json, HasSubstr(R"("status":"deleted")"));
  EXPECT_EQ(results.front().after, hub.head());
}

TEST(Runner, CallsNoObserverAfterItWasRemoved) {
  MemoryLog log;
  const Folder folder;
  Hub hub(log, folder.path());
  int calls = 0;
  const auto observer = hub.feed().observe([&](const FoldResult&) { ++calls; });
  hub.runner->start();
  Writer writer(log);
  writer.write(1, requested("a"));
  ASSERT_TRUE(hub.settle());
  hub.feed().unobserve(observer);
  const int before = calls;
  writer.write(2, requested("b"));
  ASSERT_TRUE(hub.settle());
  hub.runner->stop();
  EXPECT_EQ(calls, before);
}

TEST(Runner, SaysWhenTheLogCannotBeReadAndKeepsAnswering) {
  MemoryLog log;
  const Folder folder;
  Writer writer(log);
  writer.write(1, requested("a"));
  Hub hub(log, folder.path());
  log.break_reading();
  hub.runner->start();
  hub.runner->stop();
  ASSERT_TRUE(hub.feed().failure());
  EXPECT_EQ(hub.feed().failure()->code, "log.corrupt");
}

TEST(Store, IsReadByAnyThreadWhileAFoldRemembersRows) {
  const Folder folder;
  auto store = Store::open(folder.path() / "s", testing::small_resources(), Store::Mode::write).value();
  std::atomic<bool> done{false};
  std::thread fold([&] {
    // More than is kept, so that generations change under the reader.
    for (int i = 0; i < 60'000; ++i) store->remember("row" + std::to_string(i % 9'000), std::string(300, 'x'));
    done = true;
  });
  std::size_t found = 0;
  while (!done)
    for (int i = 0; i < 9'000; i += 7) found += store->stored("row" + std::to_string(i)).has_value() ? 1U : 0U;
  fold.join();
  EXPECT_EQ(found, 0U) << "what is remembered is not stored";
}

}  // namespace
}  // namespace hub::projections
