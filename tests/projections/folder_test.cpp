#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "projections/core/folders.hpp"
#include "projections/core/rows.hpp"
#include "tests/projections/support.hpp"

namespace hub::projections {
namespace {

using testing::at_second;
using testing::Folder;
using testing::Hub;
using testing::id_of;
using testing::MemoryLog;
using testing::requested;
using testing::Writer;

const auto kProjection = deployments::make_projection();

/// Every file below a folder with its content.
std::map<std::string, std::string> files_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    files[entry.path().string()] = std::string(std::istreambuf_iterator<char>(file), {});
  }
  return files;
}

void fold_and_stop(MemoryLog& log, const std::filesystem::path& folder) {
  Hub hub(log, folder);
  hub.runner->start();
  ASSERT_TRUE(hub.settle());
}

TEST(Rebuild, BesideTheLiveOneChangesNothingThatIsAnswered) {
  MemoryLog log;
  const Folder folder;
  Writer writer(log);
  for (int i = 0; i < 50; ++i) writer.write(i, requested("n" + std::to_string(i)));
  Hub hub(log, folder.path());
  hub.runner->start();
  ASSERT_TRUE(hub.settle());
  const auto before = hub.feed().store();
  const auto hash = before->content_hash();
  ASSERT_TRUE(hub.runner->rebuild("deployments"));
  EXPECT_NE(hub.feed().store(), before);
  EXPECT_EQ(hub.feed().store()->content_hash(), hash);
  EXPECT_EQ(hub.runner->rebuild("unheard-of").error().code, "projection.unknown");
  // It goes on, and the one that was replaced still answers whoever holds it.
  writer.write(99, requested("later"));
  ASSERT_TRUE(hub.settle());
  EXPECT_TRUE(hub.deployments.get(id_of(99), {}));
  EXPECT_EQ(before->content_hash(), hash);
}

TEST(Rebuild, HealsWhatWasQuarantinedWhenItsEventsCanBeRead) {
  MemoryLog log;
  const Folder folder;
  Writer writer(log);
  writer.write(1, requested("a"));
  Hub hub(log, folder.path());
  {
    Rows rows(*hub.feed().store());
    rows.put(quarantine_key(id_of(2)), "{}");
    rows.commit(*hub.feed().store(), {log.incarnation(), std::vector<Mark>(log.partitions())});
  }
  hub.runner->start();
  ASSERT_TRUE(hub.runner->rebuild("deployments"));
  writer.write(2, requested("b"));
  ASSERT_TRUE(hub.settle());
  EXPECT_TRUE(hub.deployments.get(id_of(2), {}));
}

TEST(Rebuild, OfAStoppedFolderLeavesOneGeneration) {
  MemoryLog log;
  const Folder folder;
  Writer writer(log);
  for (int i = 0; i < 20; ++i) writer.write(i, requested("n"));
  fold_and_stop(log, folder.path());
  const Folders folders(folder.path(), *kProjection);
  const auto before = folders.current();
  const auto cursor = rebuild(log, folder.path(), *kProjection, testing::small_resources());
  ASSERT_TRUE(cursor);
  EXPECT_NE(folders.current(), before);
  EXPECT_FALSE(std::filesystem::exists(*before));
  Hub hub(log, folder.path());
  EXPECT_EQ(hub.feed().progress().cursor(), cursor.value());
  EXPECT_TRUE(hub.deployments.get(id_of(3), {}));
}

TEST(Rebuild, IsRefusedWhileAServerHasTheFolder) {
  MemoryLog log;
  const Folder folder;
  const Hub hub(log, folder.path());
  EXPECT_EQ(rebuild(log, folder.path(), *kProjection, testing::small_resources()).error().code, "projection.locked");
}

TEST(Verify, FindsEqualWhatWasFoldedAndWritesNothing) {
  MemoryLog log;
  const Folder folder;
  const Folder scratch;
  Writer writer(log);
  for (int i = 0; i < 20; ++i) writer.write(i, requested("n"));
  fold_and_stop(log, folder.path());
  // What came behind the fold is not held against it.
  writer.write(50, requested("later"));
  const auto before = files_of(folder.path());
  const auto verified = verify(log, folder.path(), *kProjection, testing::small_resources(), scratch.path() / "verify");
  ASSERT_TRUE(verified);
  EXPECT_TRUE(verified.value().equal);
  EXPECT_EQ(files_of(folder.path()), before);
  EXPECT_FALSE(std::filesystem::exists(scratch.path() / "verify"));
}

TEST(Verify, FindsARowThatTheLogDoesNotGive) {
  MemoryLog log;
  const Folder folder;
  const Folder scratch;
  Writer writer(log);
  for (int i = 0; i < 20; ++i) writer.write(i, requested("n"));
  fold_and_stop(log, folder.path());
  {
    auto store =
        Store::open(*Folders(folder.path(), *kProjection).current(), testing::small_resources(), Store::Mode::write)
            .value();
    Rows rows(*store);
    rows.add(deployments::sum_key(deployments::Sum::owner, "default", "user:ada"), 1);
    rows.commit(*store, *store->marks_at_open());
  }
  const auto verified = verify(log, folder.path(), *kProjection, testing::small_resources(), scratch.path() / "verify");
  ASSERT_TRUE(verified);
  EXPECT_FALSE(verified.value().equal);
}

TEST(Verify, SaysWhenThereIsNothingToVerify) {
  MemoryLog log;
  const Folder folder;
  EXPECT_EQ(verify(log, folder.path(), *kProjection, testing::small_resources(), folder.path() / "v").error().code,
            "projection.absent");
}

TEST(OpeningAFolder, OfAnotherLogBuildsItAnew) {
  const Folder folder;
  MemoryLog first(4, 1);
  Writer(first).write(1, requested("a"));
  fold_and_stop(first, folder.path());
  MemoryLog second(4, 2);
  Writer(second).write(2, requested("b"));
  Hub hub(second, folder.path());
  hub.runner->start();
  ASSERT_TRUE(hub.settle());
  EXPECT_FALSE(hub.deployments.get(id_of(1), {}));
  EXPECT_TRUE(hub.deployments.get(id_of(2), {}));
}

TEST(OpeningAFolder, WhoseLogGoesOnDifferentlyBuildsItAnew) {
  const Folder folder;
  MemoryLog first(1, 1);
  Writer(first).write(1, requested("a"));
  fold_and_stop(first, folder.path());
  // The same log by name and length, but another event stands at the end of what was folded.
  MemoryLog second(1, 1);
  Writer(second).write(2, requested("b"));
  Hub hub(second, folder.path());
  hub.runner->start();
  ASSERT_TRUE(hub.settle());
  EXPECT_FALSE(hub.deployments.get(id_of(1), {}));
  EXPECT_TRUE(hub.deployments.get(id_of(2), {}));
}

TEST(OpeningAFolder, ThatIsAheadOfItsLogBuildsItAnew) {
  const Folder folder;
  MemoryLog first(1, 1);
  Writer writer(first);
  writer.write(1, requested("a"));
  writer.write(2, requested("b"));
  fold_and_stop(first, folder.path());
  MemoryLog second(1, 1);
  Writer(second).write(1, requested("a"));
  Hub hub(second, folder.path());
  hub.runner->start();
  ASSERT_TRUE(hub.settle());
  EXPECT_TRUE(hub.deployments.get(id_of(1), {}));
  EXPECT_FALSE(hub.deployments.get(id_of(2), {}));
}

TEST(OpeningAFolder, ThatIsDamagedBuildsItAnew) {
  MemoryLog log;
  const Folder folder;
  Writer(log).write(1, requested("a"));
  fold_and_stop(log, folder.path());
  const auto current = *Folders(folder.path(), *kProjection).current();
  for (const auto& entry : std::filesystem::directory_iterator(current))
    if (entry.path().filename().string().rfind("MANIFEST", 0) == 0)
      std::ofstream(entry.path(), std::ios::trunc) << "nothing";
  Hub hub(log, folder.path());
  hub.runner->start();
  ASSERT_TRUE(hub.settle());
  EXPECT_TRUE(hub.deployments.get(id_of(1), {}));
}

/// Overwrites bytes in the middle of every table file.
void damage(const std::filesystem::path& store) {
  for (const auto& entry : std::filesystem::directory_iterator(store)) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file << std::string(200, 'x');
  }
}

TEST(OpeningAFolder, InWhichDamagedRowsWereFoundBuildsItAnew) {
  // The process that dies of them begins this test again: it is told which folder is meant.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  constexpr const char* variable = "HUB_TEST_DAMAGED_FOLDER";
  const Folder folder;
  MemoryLog log;
  Writer writer(log);
  for (int i = 0; i < 20; ++i) writer.write(i, requested("n"));
  const char* const given = std::getenv(variable);
  const auto path = given == nullptr ? folder.path() : std::filesystem::path(given);
  if (given == nullptr) {
    fold_and_stop(log, path);
    damage(*Folders(path, *kProjection).current());
    ::setenv(variable, path.c_str(), 1);
  }
  EXPECT_DEATH(
      {
        const Hub hub(log, path);
        for (int i = 0; i < 20; ++i) (void)hub.deployments.get(id_of(i), {});
      },
      "cannot read a projection");
  ::unsetenv(variable);
  Hub hub(log, path);
  hub.runner->start();
  ASSERT_TRUE(hub.settle());
  EXPECT_TRUE(hub.deployments.get(id_of(1), {}));
}

TEST(OpeningAFolder, RemovesWhatABrokenOffRebuildLeft) {
  MemoryLog log;
  const Folder folder;
  Writer(log).write(1, requested("a"));
  fold_and_stop(log, folder.path());
  const Folders folders(folder.path(), *kProjection);
  const auto left = folders.next();
  std::filesystem::create_directories(left);
  std::ofstream(left / "half") << "x";
  const Hub hub(log, folder.path());
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_TRUE(hub.deployments.get(id_of(1), {}));
}

TEST(OpeningAFolder, ThatAnotherHasIsRefused) {
  MemoryLog log;
  const Folder folder;
  const Hub hub(log, folder.path());
  const auto second = Runner::open(log, {folder.path(), testing::small_resources()}, {kProjection});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "projection.locked");
}

}  // namespace
}  // namespace hub::projections
