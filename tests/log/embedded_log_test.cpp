#include "events/log/embedded_log.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <map>

#include "events/log/mirror.hpp"
#include "tests/log/samples.hpp"

namespace hub::log::testing {
namespace {

namespace fs = std::filesystem;

struct FileState {
  std::string bytes;
  fs::file_time_type time;
  bool operator==(const FileState&) const = default;
};

std::map<std::string, FileState> files_in(const fs::path& folder) {
  std::map<std::string, FileState> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    auto& state = files[entry.path().string()];
    state.time = entry.last_write_time();
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    state.bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  return files;
}

TEST(EmbeddedLog, OnlyOneHasItForWriting) {
  const TemporaryFolder folder;
  const auto log = open_embedded_log({.folder = folder.path()}).value();
  for (const bool read_only : {false, true}) {
    const auto second = open_embedded_log({.folder = folder.path(), .read_only = read_only});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, "log.locked");
  }
}

TEST(EmbeddedLog, TheCopyOfALogThatLiesElsewhereIsOpenedForReadingOnly) {
  const TemporaryFolder folder;
  const MirrorOptions options{folder.path(), 2, 7};
  Head head;
  const auto batch = sealed_events(0, head, {event("e", 1)});
  ASSERT_TRUE(open_mirror(options).value()->take({{batch, "behind it"}}));
  const auto refused = open_embedded_log({.folder = folder.path()});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "log.copy");
  EXPECT_EQ(open_embedded_log({.folder = folder.path(), .read_only = true}).value()->head(0), head);
  EXPECT_EQ(open_mirror(options).value()->head(0), head);
}

TEST(Mirror, KeepsNothingThatDoesNotContinueWhatItHas) {
  const TemporaryFolder folder;
  const auto mirror = open_mirror({folder.path(), 2, 7}).value();
  Head head;
  ASSERT_TRUE(mirror->take({{sealed_events(0, head, {event("e", 1)}), ""}}));
  auto fork = head;
  fork.hash[0] ^= 1;
  auto ahead = head;
  ++ahead.seq;
  for (auto* wrong : {&fork, &ahead}) {
    const auto taken = mirror->take({{sealed_events(0, *wrong, {event("e", 2)}), ""}});
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, "log.corrupt");
    EXPECT_EQ(mirror->head(0), head);
  }
  EXPECT_TRUE(mirror->take({{sealed_events(0, head, {event("e", 2)}), ""}}));
}

TEST(EmbeddedLog, SeveralMayReadAndThenNobodyWrites) {
  const TemporaryFolder folder;
  open_embedded_log({.folder = folder.path()}).value().reset();
  const auto first = open_embedded_log({.folder = folder.path(), .read_only = true}).value();
  const auto second = open_embedded_log({.folder = folder.path(), .read_only = true}).value();
  EXPECT_EQ(first->incarnation(), second->incarnation());
  EXPECT_EQ(open_embedded_log({.folder = folder.path()}).error().code, "log.locked");
}

TEST(EmbeddedLog, ReadingOnlyWritesNotAByte) {
  const TemporaryFolder folder;
  {
    const auto log = open_embedded_log({.folder = folder.path(), .partitions = 2}).value();
    auto head = log->claim(1, "node").value();
    ASSERT_EQ(log->append({sealed_events(1, head, {event("e", 1)})}), Append::committed);
  }
  const auto before = files_in(folder.path());
  {
    const auto log = open_embedded_log({.folder = folder.path(), .read_only = true}).value();
    EXPECT_EQ(log->partitions(), 2U);
    EXPECT_EQ(read_all(*log, 1).value().size(), 2U);
    EXPECT_EQ(log->history("e", 1, 9).value().size(), 1U);
    auto head = log->head(1);
    EXPECT_EQ(log->append({sealed_events(1, head, {event("e", 2)})}), Append::fenced);
    EXPECT_EQ(log->claim(1, "node").error().code, "log.unavailable");
  }
  EXPECT_EQ(files_in(folder.path()), before);
}

TEST(EmbeddedLog, ReadingWhereNoLogIsMakesNone) {
  const TemporaryFolder folder;
  const auto absent = folder.path() / "absent";
  EXPECT_EQ(open_embedded_log({.folder = absent, .read_only = true}).error().code, "log.absent");
  EXPECT_EQ(open_embedded_log({.folder = folder.path(), .read_only = true}).error().code, "log.absent");
  EXPECT_FALSE(fs::exists(absent));
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(EmbeddedLog, HistoryGoesThroughTablesOnDiskAndInMemory) {
  const TemporaryFolder folder;
  constexpr Version kVersions = 400;
  {
    const auto log =
        open_embedded_log({.folder = folder.path(), .partitions = 1, .memory_bytes_max = 64 << 10}).value();
    auto head = log->claim(0, "node").value();
    for (Version version = 1; version <= kVersions; ++version)
      ASSERT_EQ(
          log->append({sealed_events(0, head, {event("a", version, std::string(900, 'x')), event("ab", version)})}),
          Append::committed);
  }
  const auto log = open_embedded_log({.folder = folder.path()}).value();
  for (const auto* entity : {"a", "ab"}) {
    const auto history = log->history(entity, 1, 10'000).value();
    ASSERT_EQ(history.size(), kVersions);
    for (Version version = 1; version <= kVersions; ++version) EXPECT_EQ(history[version - 1].record.version, version);
  }
  EXPECT_EQ(log->history("a", 390, 5).value().front().record.version, 390U);
}

}  // namespace
}  // namespace hub::log::testing
