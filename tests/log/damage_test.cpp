// Files that are cut or changed: the log opens with what was acknowledged, or says what is wrong; never silently wrong.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "events/log/audit.hpp"
#include "events/log/embedded_log.hpp"
#include "tests/log/samples.hpp"

namespace hub::log::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSmallBuffers = 64 << 10;

EmbeddedOptions options_in(const fs::path& folder, bool read_only = false) {
  return {.folder = folder, .partitions = 2, .read_only = read_only, .memory_bytes_max = kSmallBuffers};
}

struct Contents {
  std::vector<std::vector<Batch>> batches;
  std::vector<EntityRecord> history;
  std::vector<Seq> seqs_at;
  bool operator==(const Contents&) const = default;
};

Result<Contents> contents_of(const fs::path& folder) {
  HUB_TRY(const auto log, open_embedded_log(options_in(folder, true)));
  Contents contents;
  for (PartitionId partition = 0; partition < 2; ++partition) {
    HUB_TRY(const auto read, read_all(*log, partition));
    auto& batches = contents.batches.emplace_back();
    for (const auto& batch : read) batches.push_back(*batch);
    HUB_TRY(const auto seq, log->seq_at(partition, {INT64_MAX}));
    contents.seqs_at.push_back(seq);
  }
  HUB_TRY(contents.history, log->history("e", 1, 1'000'000));
  return contents;
}

/// Appends versions `first` to `last` of entity "e".
void fill(Log& log, Head& head, Version first, Version last, std::size_t data_bytes) {
  for (Version version = first; version <= last; ++version)
    ASSERT_EQ(log.append({sealed_events(0, head, {event("e", version, std::string(data_bytes, 'x'))})}),
              Append::committed);
}

fs::path only_file(const fs::path& folder, const std::string& extension) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == extension) found.push_back(entry.path());
  HUB_ASSERT(found.size() == 1);
  return found.front();
}

fs::path copy_of(const fs::path& folder, const fs::path& to) {
  fs::remove_all(to);
  fs::copy(folder, to, fs::copy_options::recursive);
  return to;
}

TEST(Damage, ALastRecordCutAtAnyByteLosesOnlyItself) {
  const TemporaryFolder folder;
  const auto live = folder.path() / "live";
  auto log = open_embedded_log(options_in(live)).value();
  auto head = log->claim(0, "node").value();
  fill(*log, head, 1, 3, 10);
  // As the disk stood before and after the last append, while the process ran.
  const auto before = copy_of(live, folder.path() / "before");
  fill(*log, head, 4, 4, 10);
  const auto wal = only_file(live / "db", ".log");
  const auto size = fs::file_size(wal), size_before = fs::file_size(only_file(before / "db", ".log"));
  ASSERT_GT(size, size_before);
  const auto expected = contents_of(before).value();
  for (auto cut = size_before; cut < size; ++cut) {
    const auto torn = copy_of(before, folder.path() / "torn");
    fs::copy_file(wal, torn / "db" / wal.filename(), fs::copy_options::overwrite_existing);
    fs::resize_file(torn / "db" / wal.filename(), cut);
    const auto found = contents_of(torn);
    ASSERT_TRUE(found) << cut << found.error().detail;
    ASSERT_EQ(found.value(), expected) << cut;
    if (cut % 16 != 0) continue;
    // And it goes on from there, twice.
    for (int start = 0; start < 2; ++start) {
      const auto again = open_embedded_log(options_in(torn)).value();
      auto next = again->claim(0, "node").value();
      fill(*again, next, 4 + static_cast<Version>(start), 4 + static_cast<Version>(start), 10);
    }
    EXPECT_EQ(contents_of(torn).value().history.size(), 5U);
  }
}

TEST(Damage, ALogThatWasClosedAndIsShorterNowSaysSo) {
  const TemporaryFolder folder;
  const auto whole = folder.path() / "whole";
  {
    const auto log = open_embedded_log(options_in(whole)).value();
    auto head = log->claim(0, "node").value();
    fill(*log, head, 1, 5, 10);
  }
  const auto wal = only_file(whole / "db", ".log").filename();
  // To the database, a cut at the end reads like a write that never finished; only the marks tell it apart.
  const auto cut = copy_of(whole, folder.path() / "cut");
  fs::resize_file(cut / "db" / wal, fs::file_size(cut / "db" / wal) - 5);
  for (const bool read_only : {true, false}) {
    const auto opened = open_embedded_log(options_in(cut, read_only));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, "log.corrupt");
    EXPECT_EQ(opened.error().detail, "0:6: missing, though the partition was durable up to seq 6");
  }
}

/// A closed log with everything in it: tables, blob files, write-ahead log, manifest.
void make_log(const fs::path& folder) {
  for (int start = 0; start < 3; ++start) {
    const auto log = open_embedded_log(options_in(folder)).value();
    auto head = log->claim(0, "node").value(), other = log->claim(1, "node").value();
    const auto first = static_cast<Version>(start) * 80;
    fill(*log, head, first + 1, first + 80, 1'500);
    ASSERT_EQ(log->append({sealed_events(1, other, {event("o", static_cast<Version>(start) + 1)})}), Append::committed);
  }
}

TEST(Damage, AFlippedBitAnywhereIsFoundOrChangesNothing) {
  const TemporaryFolder folder;
  const auto whole = folder.path() / "whole";
  make_log(whole);
  const auto expected = contents_of(whole).value();
  ASSERT_EQ(expected.history.size(), 240U);
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(whole))
    if (entry.is_regular_file() && entry.file_size() > 0) files.push_back(fs::relative(entry.path(), whole));
  std::sort(files.begin(), files.end());
  std::mt19937_64 random(1);
  const int places = std::getenv("HUB_LONG") != nullptr ? 200 : 40;
  int found_bad = 0, wrong = 0;
  for (int place = 0; place < places; ++place) {
    const auto damaged = copy_of(whole, folder.path() / "damaged");
    const auto file = damaged / files[random() % files.size()];
    const auto at = static_cast<std::streamoff>(random() % fs::file_size(file));
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(at);
    const auto byte = static_cast<char>(stream.get() ^ (1 << random() % 8));
    stream.seekp(at);
    stream.put(byte);
    stream.close();
    const auto read = contents_of(damaged);
    const auto where = file.filename().string() + " at " + std::to_string(at);
    if (read) {
      const bool same = read.value() == expected;
      EXPECT_TRUE(same) << where;
      wrong += same ? 0 : 1;
      continue;
    }
    ++found_bad;
    EXPECT_THAT(read.error().code, ::testing::AnyOf("log.corrupt", "log.unavailable")) << where;
    EXPECT_FALSE(read.error().detail.empty()) << where;
  }
  std::printf("{\"name\":\"flipped_bits\",\"places\":%d,\"refused\":%d,\"wrong\":%d}\n", places, found_bad, wrong);
  EXPECT_GT(found_bad, places / 4);
}

TEST(Damage, AnAuditNamesTheFirstBadPositionOfAChangedBlobFile) {
  const TemporaryFolder folder;
  make_log(folder.path());
  std::vector<fs::path> blobs;
  for (const auto& entry : fs::directory_iterator(folder.path() / "db"))
    if (entry.path().extension() == ".blob") blobs.push_back(entry.path());
  std::sort(blobs.begin(), blobs.end());
  ASSERT_FALSE(blobs.empty());
  std::fstream stream(blobs.front(), std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(1'000);
  stream.put('\x01');
  stream.close();
  const auto log = open_embedded_log(options_in(folder.path(), true)).value();
  const auto report = verify(*log, Signer::temporary().public_key());
  ASSERT_TRUE(report.fault);
  EXPECT_EQ(report.fault->position.partition, 0U);
  EXPECT_GE(report.fault->position.seq, 1U);
  EXPECT_LE(report.fault->position.seq, 5U);
}

}  // namespace
}  // namespace hub::log::testing
