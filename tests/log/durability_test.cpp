// A disk that fails, power that goes: nothing acknowledged is lost, nothing is there twice.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "events/log/embedded_log_env.hpp"
#include "tests/log/faulty_files.hpp"
#include "tests/log/samples.hpp"

namespace hub::log::testing {
namespace {

constexpr std::size_t kSmallBuffers = 64 << 10;

/// The versions of entity "e" in partition 0, read through the chain; nothing when it does not hold.
std::optional<std::vector<Version>> versions_in(Log& log) {
  const auto batches = read_all(log, 0);
  if (!batches) return std::nullopt;
  std::vector<Version> versions;
  Head walked;
  for (const auto& batch : batches.value()) {
    if (follow(*batch, walked)) return std::nullopt;
    for (const auto& record : batch->records)
      if (record.kind == RecordKind::event) versions.push_back(record.version);
  }
  return versions;
}

std::vector<Version> up_to(Version last) {
  std::vector<Version> versions;
  for (Version version = 1; version <= last; ++version) versions.push_back(version);
  return versions;
}

struct Campaign {
  int cuts = 0;
  int losses = 0;             ///< starts that found less than was acknowledged, or said so themselves
  int others = 0;             ///< starts that found something else than a beginning of what was asked for
  std::uint64_t appends = 0;  ///< acknowledged in all
};

/// Appends until the power goes; gives the last version that was acknowledged before.
Version append_until_cut(Log& log, const FaultyFiles& files, Version from, std::mt19937_64& random) {
  auto head = log.claim(0, "node").value();
  Version acknowledged = from;
  while (files.powered()) {
    const auto data = std::string(random() % 2'000, 'x');
    EXPECT_EQ(log.append({sealed_events(0, head, {event("e", acknowledged + 1, data)})}), Append::committed);
    if (files.powered()) ++acknowledged;
  }
  return acknowledged;
}

/// One log; the power goes again and again, at a random write or sync.
Campaign power_losses(std::uint64_t seed, int cuts, bool sync) {
  const TemporaryFolder folder;
  std::mt19937_64 random(seed);
  Campaign campaign;
  Version acknowledged = 0;
  for (; campaign.cuts < cuts; ++campaign.cuts) {
    const auto files = std::make_shared<FaultyFiles>();
    const auto env = rocksdb::NewCompositeEnv(files);
    auto log = open_embedded_log_on(
        {.folder = folder.path() / "log", .partitions = 2, .sync = sync, .memory_bytes_max = kSmallBuffers}, env.get());
    const auto read = log ? versions_in(*log.value()) : std::nullopt;
    if (!read) {
      ++campaign.losses;
      return campaign;
    }
    const auto& found = *read;
    if (found.size() < acknowledged) ++campaign.losses;
    // Of what was not acknowledged, the one append that was cut may be there.
    if (found.size() > acknowledged + 1 || found != up_to(found.size())) ++campaign.others;
    files->cut_power_after(random() % 400);
    acknowledged = append_until_cut(*log.value(), *files, found.size(), random);
    campaign.appends += acknowledged - found.size();
    log.value().reset();
    files->lose_unsynced(random);
  }
  return campaign;
}

int cuts_wanted() {
  return std::getenv("HUB_LONG") != nullptr ? 200 : 40;
}

TEST(Durability, WhatWasAcknowledgedSurvivesEveryLossOfPower) {
  const auto campaign = power_losses(1, cuts_wanted(), true);
  std::printf("{\"name\":\"power_loss\",\"cuts\":%d,\"appends\":%llu,\"losses\":%d}\n", campaign.cuts,
              static_cast<unsigned long long>(campaign.appends), campaign.losses);
  EXPECT_EQ(campaign.cuts, cuts_wanted());
  EXPECT_EQ(campaign.losses, 0);
  EXPECT_EQ(campaign.others, 0);
  EXPECT_GT(campaign.appends, 1'000U);
}

TEST(Durability, WithoutSyncALossOfPowerLosesWhatWasAcknowledged) {
  // The negative control: were this one whole as well, the test above would show nothing.
  EXPECT_GT(power_losses(1, cuts_wanted(), false).losses, 0);
}

struct Ended {
  Seq acknowledged = 0;
  int status = 0;
  std::string words;
};

/// Runs the writer in a process of its own until the sync fails.
Ended write_until_failure(const std::filesystem::path& folder, const std::string& file, int skipped) {
  const auto words = (folder / "words").string();
  const auto command = std::string(HUB_FAULT_WRITER) + " " + (folder / "log").string() + " " + file + " " +
                       std::to_string(skipped) + " 2> " + words;
  Ended ended;
  // exec: so that the status is the writer's own.
  FILE* const out = popen(("exec " + command).c_str(), "r");
  HUB_ASSERT(out != nullptr);
  for (unsigned long long seq = 0; std::fscanf(out, "%llu", &seq) == 1;) ended.acknowledged = seq;
  ended.status = pclose(out);
  std::ifstream in(words);
  ended.words.assign(std::istreambuf_iterator<char>(in), {});
  return ended;
}

TEST(Durability, ASyncThatFailsOnceEndsTheProcessBeforeAnotherAnswer) {
  for (const auto& [file, skipped] :
       {std::pair{".log", 0}, {".log", 20}, {".sst", 0}, {".sst", 2}, {".blob", 0}, {"heads.new", 0}}) {
    const TemporaryFolder folder;
    const auto ended = write_until_failure(folder.path(), file, skipped);
    EXPECT_TRUE(WIFSIGNALED(ended.status) && WTERMSIG(ended.status) == SIGABRT) << file << ended.status;
    EXPECT_THAT(ended.words, ::testing::HasSubstr("computehub: the log failed; the process ends")) << file;
    EXPECT_THAT(ended.words, ::testing::HasSubstr("the disk says no")) << file;
    // The claim was seq 1; a failing write-ahead log acknowledges nothing from then on.
    if (std::string_view(file) == ".log") {
      EXPECT_EQ(ended.acknowledged, skipped == 0 ? 0 : static_cast<Seq>(skipped) + 1);
    }
    // A restart finds all that was acknowledged and goes on.
    const auto log = open_embedded_log({.folder = folder.path() / "log"}).value();
    const auto versions = versions_in(*log).value();
    EXPECT_GE(versions.size() + 1, ended.acknowledged) << file;
    EXPECT_LE(versions.size(), std::max<Seq>(ended.acknowledged, 1)) << file;
    EXPECT_EQ(versions, up_to(versions.size()));
    auto head = log->claim(0, "node").value();
    EXPECT_EQ(log->append({sealed_events(0, head, {event("e", versions.size() + 1)})}), Append::committed);
  }
}

}  // namespace
}  // namespace hub::log::testing
