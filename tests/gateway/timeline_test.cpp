// Events nearest to a moment, over partitions, of records that are more than one window.
#include "gateway/routes/timeline.hpp"

#include <gtest/gtest.h>

#include "events/log/embedded_log.hpp"
#include "tests/log/samples.hpp"

namespace hub::routes {
namespace {

using log::testing::event;
using log::testing::sealed_events;

class TimelineTest : public ::testing::Test {
 protected:
  TimelineTest() : log_(log::open_embedded_log({folder_.path() / "log", 2, false, true, 4 << 20, nullptr}).value()) {
    for (PartitionId partition = 0; partition < 2; ++partition)
      heads_.push_back(log_->claim(partition, "here").value());
    start_ = std::max(heads_[0].index_time, heads_[1].index_time);
    filter_.organisation = "default";
    filter_.projects = {"default"};
  }

  void write(PartitionId partition, std::int64_t millisecond, std::size_t count, const std::string& type) {
    std::vector<log::Record> records;
    for (std::size_t i = 0; i < count; ++i) {
      records.push_back(event("e" + std::to_string(partition), ++versions_[partition]));
      records.back().type = type;
    }
    const auto batch = sealed_events(partition, heads_[partition], std::move(records), at(millisecond));
    ASSERT_EQ(log_->append({batch}), log::Append::committed);
  }
  Instant at(std::int64_t millisecond) const { return start_ + milliseconds(millisecond); }

  /// Times in ms, to the end of the record.
  std::vector<std::int64_t> all(Instant from, Direction direction, std::size_t count_max) {
    std::vector<std::int64_t> times;
    for (std::optional<Instant> next = from; next;) {
      const auto line = read_timeline(*log_, *next, direction, filter_, count_max).value();
      std::vector<std::int64_t> page;
      for (const auto& one : line.events) page.push_back((one.recorded_at - start_).micros / 1'000);
      times.insert(direction == Direction::back ? times.begin() : times.end(), page.begin(), page.end());
      EXPECT_NE(line.whole_to, next) << "no step was made";
      next = line.whole_to;
    }
    return times;
  }

  log::testing::TemporaryFolder folder_;
  std::unique_ptr<log::Log> log_;
  std::vector<log::Head> heads_;
  Version versions_[2] = {};
  Instant start_;
  EventFilter filter_;
};

TEST_F(TimelineTest, FindsTheFewAmongManyOthersInBothDirections) {
  std::vector<std::int64_t> wanted;
  for (std::int64_t i = 1; i <= 60; ++i) {
    write(i % 2, 10 * i, 400, "computehub.task.submitted.v1");
    if (i % 20 != 7) continue;
    write((i + 1) % 2, 10 * i + 5, 1, "computehub.deployment.started.v1");
    wanted.push_back(10 * i + 5);
  }
  filter_.type_beginning = "computehub.deployment.";
  EXPECT_EQ(all(at(10'000), Direction::back, 2), wanted);
  EXPECT_EQ(all(at(0), Direction::on, 2), wanted);
}

TEST_F(TimelineTest, NeverCutsAMomentHoweverManyEventsItHas) {
  write(0, 1, 1, "computehub.task.submitted.v1");
  write(0, 2, 3'000, "computehub.task.submitted.v1");
  write(1, 2, 3, "computehub.task.submitted.v1");
  write(1, 3, 1, "computehub.task.submitted.v1");
  const auto back = read_timeline(*log_, at(3), Direction::back, filter_, 10).value();
  EXPECT_EQ(back.events.size(), 3'003U);
  EXPECT_EQ(back.whole_to, at(2));
  const auto on = read_timeline(*log_, at(1), Direction::on, filter_, 10).value();
  EXPECT_EQ(on.events.size(), 3'003U);
  EXPECT_EQ(on.whole_to, at(2));
  EXPECT_EQ(all(at(10), Direction::back, 1).size(), 3'005U);
}

TEST_F(TimelineTest, TheMomentItselfIsInNeitherDirection) {
  write(0, 1, 1, "a");
  write(0, 2, 1, "a");
  write(0, 3, 1, "a");
  EXPECT_EQ(all(at(2), Direction::back, 100), std::vector<std::int64_t>{1});
  EXPECT_EQ(all(at(2), Direction::on, 100), std::vector<std::int64_t>{3});
  EXPECT_TRUE(all(at(1), Direction::back, 100).empty());
  EXPECT_TRUE(all(at(3), Direction::on, 100).empty());
}

}  // namespace
}  // namespace hub::routes
