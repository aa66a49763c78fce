#include "actors/engine/collections.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/engine/bench.hpp"

namespace hub::test {
namespace {

using Head = std::vector<std::pair<std::string, std::string>>;

TEST(Collections, AreWhatAnOrderedMapIsWhateverIsCommittedWhen) {
  std::mt19937 random(20'260'301);
  const auto draw = [&](std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random); };
  std::map<std::string, std::string> expected;
  engine::CollectionRowsInMemory rows;
  engine::Collections collections;
  collections.attach(&rows);
  // More than a window holds, so that it is widened and narrowed; of another map some, which must not be seen.
  constexpr std::size_t kKeys = 8 * engine::Collections::kWindowRows;
  for (int operation = 0; operation < 60'000; ++operation) {
    const auto key = fmt::format("{}{:05}", draw(10) == 0 ? 'c' : 'b', draw(kKeys));
    // At first it grows, then it shrinks, and again.
    const bool grows = operation / 10'000 % 2 == 0;
    if (draw(10) < (grows ? 7U : 3U)) {
      const auto value = std::to_string(operation);
      collections.put(key, value);
      expected[key] = value;
    } else {
      const auto victim = draw(2) == 0 ? expected.lower_bound("b") : expected.lower_bound(key);
      const auto gone = victim == expected.end() ? key : victim->first;
      collections.erase(gone);
      expected.erase(gone);
    }
    ASSERT_EQ(collections.has(key), expected.count(key) > 0) << operation;
    if (draw(20) == 0) {
      rows.apply(collections.changes());
      collections.settled();
    }
    if (draw(5) > 0) continue;
    const auto count = draw(50) == 0 ? draw(kKeys) : draw(4);
    Head head;
    for (auto at = expected.lower_bound("b"); at != expected.end() && at->first[0] == 'b' && head.size() < count; ++at)
      head.emplace_back(*at);
    ASSERT_EQ(collections.head('b', count), head) << operation;
  }
}

/// Counts what is read.
class CountedRows final : public engine::CollectionRows {
 public:
  explicit CountedRows(const engine::CollectionRows& rows) : rows_(rows) {}
  std::optional<std::string> get(std::string_view key) const override { return rows_.get(key); }
  void scan(std::string_view prefix, std::string_view from, const Visitor& visitor) const override {
    rows_.scan(prefix, from, [&](std::string_view key, std::string_view value) {
      ++seen;
      return visitor(key, value);
    });
  }
  mutable std::size_t seen = 0;

 private:
  const engine::CollectionRows& rows_;
};

TEST(Collections, TakingTheFirstOfManyReadsEachRowOnce) {
  engine::CollectionRowsInMemory rows;
  CountedRows counted(rows);
  engine::Collections collections;
  collections.attach(&counted);
  constexpr std::size_t kRows = 20'000;
  for (std::size_t i = 0; i < kRows; ++i) collections.put(fmt::format("q{:08}", i), "x");
  rows.apply(collections.changes());
  collections.settled();
  for (std::size_t i = 0; i < kRows; ++i) {
    const auto first = collections.head('q', 1);
    ASSERT_EQ(first.size(), 1U);
    collections.erase(first.front().first);
    if (i % 100 != 0) continue;
    rows.apply(collections.changes());
    collections.settled();
  }
  EXPECT_TRUE(collections.head('q', 1).empty());
  // One more for each window, to know whether it is the last.
  EXPECT_LE(counted.seen, kRows + kRows / engine::Collections::kWindowRows + 1);
}

class ShelfBench : public Bench {
 public:
  const std::string shelf = derive_id_on_shard("shf_", 7, "shelf", 0);
  static std::string book(int number) { return derive_id_on_shard("bok_", 7, "book", static_cast<unsigned>(number)); }
  std::vector<std::string> books(int from, int count) {
    std::vector<std::string> ids;
    for (int number = from; number < from + count; ++number) ids.push_back(book(number));
    return ids;
  }
  /// The books that are there, in order, as the rows say.
  std::vector<std::string> stored() {
    std::vector<std::string> found;
    store->collections_of(shelf)->scan("b", "b", [&](std::string_view, std::string_view value) {
      found.emplace_back(value);
      return true;
    });
    return found;
  }
};

TEST(Parts, AnEventAboutAPartStandsInItsHistoryAndInItsParents) {
  ShelfBench bench;
  const auto reply = bench.send(bench.shelf, PutBooks{bench.books(1, 2), 5});
  EXPECT_EQ(reply.version, 2U);
  bench.send(bench.shelf, TakeBooks{1});
  const auto history = bench.log->history(bench.shelf, 1, 10).value();
  ASSERT_EQ(history.size(), 3U);
  for (std::size_t i = 0; i < history.size(); ++i) {
    EXPECT_EQ(history[i].record.parent, bench.shelf);
    EXPECT_EQ(history[i].record.parent_version, i + 1);
  }
  const auto of_book = bench.log->history(bench.book(1), 1, 10).value();
  ASSERT_EQ(of_book.size(), 2U);
  EXPECT_EQ(of_book[0].record.type, BookPut::type);
  EXPECT_EQ(of_book[1].record.type, BookTaken::type);
  EXPECT_EQ(of_book[1].record.version, 2U);
  EXPECT_EQ(of_book[1].record.project, "default");
}

TEST(Parts, ARepeatOfACommandThatMadePartsIsAnsweredWithItsPlace) {
  ShelfBench bench;
  const auto first = bench.send(bench.shelf, PutBooks{bench.books(1, 3), 1}, "key");
  bench.send(bench.shelf, PutBooks{bench.books(4, 3), 1});
  bench.restart_without_rows();
  const auto again = bench.send(bench.shelf, PutBooks{bench.books(1, 3), 1}, "key");
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.position, first.position);
}

TEST(Parts, OneOfAnotherShardGoesToDeadLetters) {
  ShelfBench bench;
  const auto reply = bench.send(bench.shelf, PutBooks{{derive_id_on_shard("bok_", 8, "book", 1)}, 1});
  ASSERT_TRUE(reply.refusal);
  EXPECT_EQ(reply.refusal->code, "internal");
  EXPECT_EQ(bench.runner->metrics().dead_letters, 1U);
  EXPECT_TRUE(bench.stored().empty());
}

TEST(Parts, RowsOfCollectionsAreThereBehindARestartWithThemOrWithoutThem) {
  ShelfBench bench;
  bench.send(bench.shelf, PutBooks{bench.books(1, 1'500), 5});
  bench.send(bench.shelf, PutBooks{bench.books(2'000, 10), 3});
  bench.send(bench.shelf, TakeBooks{1'000});
  auto left = bench.books(991, 510);
  EXPECT_EQ(bench.stored(), left);
  bench.restart();
  EXPECT_EQ(bench.stored(), left);
  bench.restart_without_rows();
  EXPECT_EQ(bench.stored(), left);
  bench.send(bench.shelf, TakeBooks{500});
  EXPECT_EQ(bench.stored(), bench.books(1'491, 10));
}

TEST(Parts, ARowThatIsToBeMadeAgainIsMadeWithItsCollections) {
  ShelfBench bench;
  // More than one read of the history, so that rows are stored before the last of them is known.
  for (int i = 0; i < 5; ++i) bench.send(bench.shelf, PutBooks{bench.books(1 + 1'000 * i, 1'000), 5});
  bench.send(bench.shelf, TakeBooks{100});
  const auto left = bench.stored();
  engine::StateChanges wrong;
  wrong.entities.emplace_back(bench.shelf, engine::EntityRow{engine::kNotFolded, 17, {}, {}, "{}"});
  wrong.collections.push_back({bench.shelf, {{"b000000000", "a stray"}, {"b500000500", std::nullopt}}});
  bench.store->apply(wrong);
  bench.restart();
  bench.send(bench.shelf, TakeBooks{1});
  EXPECT_EQ(bench.stored(), std::vector<std::string>(left.begin() + 1, left.end()));
  const auto row = bench.store->entity(bench.shelf).value();
  EXPECT_EQ(row->version, 5'101U);
}

TEST(Parts, ARefusalLeavesCollectionsAsTheyWere) {
  ShelfBench bench;
  bench.send(bench.shelf, PutBooks{bench.books(1, 3), 1});
  const auto reply = bench.send(bench.shelf, TakeBooks{4});
  ASSERT_TRUE(reply.refusal);
  EXPECT_EQ(bench.stored(), bench.books(1, 3));
}

TEST(Effects, OneThatIsOwedNoMoreIsWithdrawnAndOneThatWasLoadedSaysSo) {
  ShelfBench bench;
  bench.send(bench.shelf, PutBooks{bench.books(1, 2), 1});
  ASSERT_EQ(bench.effects.requests.size(), 1U);
  EXPECT_EQ(bench.effects.requests[0].key, bench.book(1));
  EXPECT_FALSE(bench.effects.requests[0].resumed);
  bench.send(bench.shelf, TakeBooks{1});
  EXPECT_EQ(bench.effects.withdrawn, std::vector<std::string>{bench.book(1)});
  ASSERT_EQ(bench.effects.requests.size(), 2U);
  EXPECT_FALSE(bench.effects.requests[1].resumed);
  bench.restart();
  ASSERT_EQ(bench.effects.requests.size(), 3U);
  EXPECT_EQ(bench.effects.requests[2].key, bench.book(2));
  EXPECT_TRUE(bench.effects.requests[2].resumed);
  bench.runner->disown(partition_of(bench.shelf, 4));
  EXPECT_EQ(bench.effects.withdrawn.back(), bench.book(2)) << "another node has the entity now";
}

}  // namespace
}  // namespace hub::test
