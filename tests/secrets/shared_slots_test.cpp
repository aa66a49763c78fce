#include "adapters/secrets/shared_slots.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "adapters/secrets/sealer.hpp"
#include "adapters/secrets/secrets.hpp"
#include "events/core/digest.hpp"
#include "tests/secrets/shared_list.hpp"

namespace hub::secrets {
namespace {

const Instant noon = parse_rfc3339("2026-03-01T12:00:00Z").value();
const std::string subject = "prj_00000000000000000000000000aa";
const std::string canary = "canary-83af-do-not-find-me";

/// One node: its store, and what works on it.
struct Node {
  explicit Node(std::unique_ptr<SharedSlots> opened) : slots(std::move(opened)) {}
  std::unique_ptr<SharedSlots> slots;
  Secrets secrets{*slots};
  Sealer sealer{*slots};

  Result<SecretItem> put(std::string_view name, std::string_view value) {
    return secrets.put("default", "lab", name, value, noon);
  }
  std::string get(std::string_view name) {
    const auto value = secrets.get("default", "lab", name);
    return value ? std::string(value.value().view()) : value.error().code;
  }
  std::string seal(std::string_view plain) { return sealer.seal(subject, plain, "env/A").value(); }
  std::string open(std::string_view sealed) {
    const auto plain = sealer.open(sealed, "env/A");
    return plain ? std::string(plain.value().view()) : plain.error().code;
  }
};

struct SharedSlotsTest : ::testing::Test {
  testing::SharedList list;
  Key key = Key::generate();

  template <class... Keys>
  static std::vector<Key> keys_of(const Keys&... keys) {
    std::vector<Key> all;
    (all.push_back(keys.clone()), ...);
    return all;
  }
  template <class... Keys>
  Result<std::unique_ptr<SharedSlots>> open(const Keys&... keys) {
    return SharedSlots::open(list.node(), keys_of(keys...));
  }
  template <class... Keys>
  Node node(const Keys&... keys) {
    return Node(open(keys...).value());
  }
  /// How many records name the key.
  std::size_t under(const Key& which) const {
    std::size_t count = 0;
    for (const auto& change : list.all())
      if (change.bytes && change.bytes->find(which.id()) != std::string::npos) ++count;
    return count;
  }
  bool has_plain(std::string_view text) const {
    for (const auto& change : list.all())
      if (change.bytes && change.bytes->find(text) != std::string::npos) return true;
    return false;
  }
};

TEST_F(SharedSlotsTest, WhatOneNodeStoresTheOthersHaveAlsoThoseThatComeLater) {
  auto one = node(key), two = node(key);
  ASSERT_TRUE(one.put("TOKEN", canary));
  EXPECT_EQ(one.get("TOKEN"), canary);
  EXPECT_EQ(two.get("TOKEN"), canary) << "what is not there is looked for before that is said";
  ASSERT_TRUE(two.put("TOKEN", "second"));
  EXPECT_EQ(two.secrets.list("default", "lab").at(0).version, 2);
  ASSERT_TRUE(one.slots->refresh());
  EXPECT_EQ(one.get("TOKEN"), "second");
  list.compact();
  auto three = node(key);
  EXPECT_EQ(three.get("TOKEN"), "second");
  EXPECT_EQ(three.secrets.list("default", "lab").at(0).version, 2);
  EXPECT_FALSE(has_plain(canary));
}

TEST_F(SharedSlotsTest, WhatOneNodeRemovesIsGoneAtAll) {
  auto one = node(key), two = node(key);
  ASSERT_TRUE(one.put("TOKEN", "first"));
  ASSERT_TRUE(two.secrets.remove("default", "lab", "TOKEN")) << "though it had not read that it is there";
  ASSERT_TRUE(one.slots->refresh());
  for (auto* each : {&one, &two}) {
    EXPECT_EQ(each->get("TOKEN"), "secrets.unknown");
    EXPECT_TRUE(each->secrets.list("default", "lab").empty());
    EXPECT_EQ(each->secrets.remove("default", "lab", "TOKEN").error().code, "secrets.unknown");
  }
  list.compact();
  EXPECT_EQ(node(key).get("TOKEN"), "secrets.unknown");
}

TEST_F(SharedSlotsTest, TwoThatMakeTheDataKeyOfASubjectAtOnceAgreeOnTheFirst) {
  auto one = node(key), two = node(key);
  std::string by_two;
  list.before_write = [&] { by_two = two.seal("of two"); };
  const auto by_one = one.seal("of one");
  for (auto* each : {&one, &two}) {
    EXPECT_EQ(each->open(by_one), "of one");
    EXPECT_EQ(each->open(by_two), "of two");
  }
  list.compact();
  auto three = node(key);
  EXPECT_EQ(three.open(by_one), "of one");
  EXPECT_EQ(three.open(by_two), "of two");
}

TEST_F(SharedSlotsTest, ManyThreadsOfTwoNodesSealWithOneKey) {
  auto one = node(key), two = node(key);
  constexpr int kThreads = 4, kTexts = 50;
  std::vector<std::vector<std::string>> sealed(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&, i] {
      auto& at = i % 2 == 0 ? one : two;
      for (int n = 0; n < kTexts; ++n) sealed[static_cast<std::size_t>(i)].push_back(at.seal("text"));
    });
  for (auto& each : threads) each.join();
  auto three = node(key);
  for (const auto& texts : sealed)
    for (const auto& text : texts) ASSERT_EQ(three.open(text), "text");
}

TEST_F(SharedSlotsTest, ASealedTextOpensAtANodeThatHasNotHeardOfItsKey) {
  auto one = node(key), two = node(key);
  EXPECT_EQ(two.open(one.seal(canary)), canary);
  EXPECT_EQ(two.open(subject + ".2:" + to_base64("nobody sealed this")), "sealed.unknown_key");
}

TEST_F(SharedSlotsTest, AnErasedSubjectIsErasedAtAllNodesAndNotMadeAgainByOldTexts) {
  auto one = node(key), two = node(key);
  const auto sealed = one.seal(canary);
  ASSERT_EQ(two.open(sealed), canary) << "the key is in the memory of both";
  EXPECT_EQ(one.sealer.erase(subject).value(), subject + ".1");
  EXPECT_EQ(one.open(sealed), "sealed.erased");
  ASSERT_TRUE(two.slots->refresh());
  EXPECT_EQ(two.open(sealed), "sealed.erased") << "what was in its memory is gone too";
  EXPECT_EQ(two.sealer.erase(subject).value(), subject + ".1") << "safe to repeat anywhere";
  list.compact();
  auto three = node(key);
  EXPECT_EQ(three.open(sealed), "sealed.erased");
  const auto later = three.seal("later");
  EXPECT_EQ(later.substr(0, subject.size() + 3), subject + ".2:");
  EXPECT_EQ(one.open(later), "later");
  EXPECT_EQ(one.open(sealed), "sealed.erased");
}

TEST_F(SharedSlotsTest, AnErasureAlsoTakesAKeyThatIsMadeMeanwhile) {
  auto one = node(key), two = node(key);
  const auto first = one.seal("first");
  std::string second;
  list.before_write = [&] {
    EXPECT_EQ(one.sealer.erase(subject).value(), subject + ".1");
    second = one.seal("second");
  };
  EXPECT_EQ(two.sealer.erase(subject).value(), subject + ".2");
  ASSERT_TRUE(one.slots->refresh());
  for (auto* each : {&one, &two}) {
    EXPECT_EQ(each->open(first), "sealed.erased");
    EXPECT_EQ(each->open(second), "sealed.erased");
  }
}

TEST_F(SharedSlotsTest, ANodeWithAnotherKeyIsRefusedAsSoonAsThereIsSomething) {
  const auto other = Key::generate();
  auto early = node(other);
  ASSERT_TRUE(open(key)) << "as long as nothing is there, any key may be the first";
  auto one = node(key);
  ASSERT_TRUE(one.put("TOKEN", canary));
  const auto refused = open(other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "secrets.wrong_key");
  EXPECT_THAT(refused.error().detail, ::testing::HasSubstr(key.id()));
  EXPECT_THAT(refused.error().detail, ::testing::HasSubstr("ENCRYPTION_KEY"));
  EXPECT_TRUE(early.slots->has_key());
  EXPECT_EQ(early.put("OTHER", "v").error().code, "secrets.other_key");
  EXPECT_FALSE(early.slots->has_key());
  EXPECT_EQ(early.get("TOKEN"), "secrets.other_key");
  EXPECT_EQ(early.sealer.seal(subject, "x", "env/A").error().code, "secrets.other_key");
  EXPECT_TRUE(open(other, key)) << "one that has both is let in";
  EXPECT_EQ(list.all().size(), 2U) << "the key's name and one value";
}

TEST_F(SharedSlotsTest, OfTwoFirstWritersWithDifferentKeysOneIsRefused) {
  auto one = node(key), two = node(Key::generate());
  list.before_write = [&] { ASSERT_TRUE(two.put("B", "of two")); };
  EXPECT_EQ(one.put("A", "of one").error().code, "secrets.other_key");
  EXPECT_EQ(two.get("B"), "of two");
  EXPECT_EQ(one.slots->key_id(), two.slots->key_id());
}

TEST_F(SharedSlotsTest, WithoutAKeyNamesAreListedAndNoValueIsKeptOrRead) {
  auto one = node(key), none = node();
  ASSERT_TRUE(one.put("TOKEN", canary));
  EXPECT_EQ(none.get("TOKEN"), "secrets.no_key");
  EXPECT_EQ(none.put("X", "v").error().code, "secrets.no_key");
  EXPECT_EQ(none.secrets.list("default", "lab").size(), 1U);
  EXPECT_FALSE(none.slots->has_key());
  EXPECT_TRUE(none.secrets.remove("default", "lab", "TOKEN"));
}

TEST_F(SharedSlotsTest, RotatedByOneTheValuesAreReadByAllWhoHaveBothKeys) {
  const auto next = Key::generate();
  auto one = node(key), both = node(key, next), old = node(key);
  ASSERT_TRUE(one.put("TOKEN", canary));
  const auto sealed = one.seal("text");
  ASSERT_TRUE(both.slots->refresh());
  ASSERT_TRUE(one.slots->rotate(next));
  EXPECT_EQ(one.slots->rotate(next).error().code, "secrets.same_key");
  for (auto* each : {&one, &both}) {
    ASSERT_TRUE(each->slots->refresh());
    EXPECT_EQ(each->slots->key_id(), next.id());
    EXPECT_EQ(each->get("TOKEN"), canary);
    EXPECT_EQ(each->secrets.list("default", "lab").at(0).version, 1);
    EXPECT_EQ(each->open(sealed), "text");
  }
  EXPECT_TRUE(both.put("TOKEN", "third"));
  ASSERT_TRUE(old.slots->refresh());
  EXPECT_EQ(old.get("TOKEN"), "secrets.other_key");
  EXPECT_EQ(old.put("X", "v").error().code, "secrets.other_key");
  list.compact();
  EXPECT_EQ(under(key), 1U) << "only the record that says that it was in force";
  EXPECT_EQ(open(key).error().code, "secrets.wrong_key");
  EXPECT_EQ(node(next).get("TOKEN"), "third");
}

TEST_F(SharedSlotsTest, WhatWasUnderWayUnderTheOldKeyIsRotatedToo) {
  const auto next = Key::generate();
  auto one = node(key), two = node(key);
  ASSERT_TRUE(one.put("TOKEN", "first"));
  Medium::Changes late;
  {
    testing::SharedList other;
    auto writer = Node(SharedSlots::open(other.node(), keys_of(key)).value());
    ASSERT_TRUE(writer.put("LATE", "came meanwhile"));
    late.push_back(other.last());
  }
  list.while_settling = [&] { list.add(late); };
  ASSERT_TRUE(one.slots->rotate(next));
  EXPECT_EQ(node(next).get("LATE"), "came meanwhile");
}

TEST_F(SharedSlotsTest, AValueThatIsReplacedWhileItIsRotatedStaysReplaced) {
  const auto next = Key::generate();
  auto one = node(key), both = node(key, next);
  ASSERT_TRUE(one.put("TOKEN", "first"));
  list.while_settling = [&] { list.before_write = [&] { ASSERT_TRUE(both.put("TOKEN", "second")); }; };
  ASSERT_TRUE(one.slots->rotate(next));
  ASSERT_TRUE(both.slots->refresh());
  list.compact();
  for (auto* each : {&one, &both}) EXPECT_EQ(each->get("TOKEN"), "second");
  EXPECT_EQ(node(next).get("TOKEN"), "second");
}

TEST_F(SharedSlotsTest, OfTwoRotationsAtOnceOneIsRefused) {
  const auto next = Key::generate(), other = Key::generate();
  auto one = node(key), two = node(key);
  ASSERT_TRUE(one.put("TOKEN", canary));
  list.before_write = [&] { ASSERT_TRUE(two.slots->rotate(other)); };
  EXPECT_EQ(one.slots->rotate(next).error().code, "secrets.changed");
  EXPECT_EQ(node(other).get("TOKEN"), canary);
}

TEST_F(SharedSlotsTest, OfTwoWhoReplaceAValueAtOnceBothHaveDoneSoInSomeOrder) {
  auto one = node(key), two = node(key);
  ASSERT_TRUE(one.put("TOKEN", "first"));
  list.before_write = [&] { EXPECT_EQ(two.put("TOKEN", "of two").value().version, 2); };
  EXPECT_EQ(one.put("TOKEN", "of one").value().version, 3);
  ASSERT_TRUE(two.slots->refresh());
  EXPECT_EQ(two.get("TOKEN"), "of one");
  list.compact();
  EXPECT_EQ(node(key).get("TOKEN"), "of one");
}

TEST_F(SharedSlotsTest, WhatIsLeftAfterARemovalIsTheSameForThoseThatWereThereAndThoseThatComeLater) {
  auto one = node(key), two = node(key);
  ASSERT_TRUE(one.put("TOKEN", "first"));
  // Another writer of the same turn comes behind the one that counts, and ends before it sees so.
  auto late = list.last();
  late.name.back() = late.name.back() == '0' ? '1' : '0';
  list.before_write = [&] { list.add({late}); };
  ASSERT_TRUE(one.secrets.remove("default", "lab", "TOKEN"));
  ASSERT_TRUE(two.slots->refresh());
  list.compact();
  EXPECT_EQ(node(key).get("TOKEN"), one.get("TOKEN"));
  EXPECT_EQ(two.get("TOKEN"), one.get("TOKEN"));
}

TEST_F(SharedSlotsTest, AnErasureThatWasInterruptedIsEndedByTheNext) {
  auto one = node(key);
  one.seal(canary);
  const auto with_key = list.last();
  ASSERT_TRUE(one.sealer.erase(subject));
  // As if the record of the erasure had come without the deletion behind it.
  testing::SharedList half;
  for (const auto& change : list.all())
    if (change.bytes) half.add({change});
  half.add({with_key});
  auto two = Node(SharedSlots::open(half.node(), keys_of(key)).value());
  EXPECT_EQ(two.sealer.erase(subject).value(), subject + ".1");
  half.compact();
  for (const auto& change : half.all())
    EXPECT_FALSE(change.name == with_key.name && change.bytes) << "the key is still there";
}

TEST_F(SharedSlotsTest, WhileTheMediumIsAwayWhatIsHereIsReadAndNothingIsStored) {
  auto one = node(key);
  ASSERT_TRUE(one.put("TOKEN", canary));
  const auto sealed = one.seal("text");
  list.away = true;
  EXPECT_EQ(one.get("TOKEN"), canary);
  EXPECT_EQ(one.open(sealed), "text");
  EXPECT_EQ(one.open(one.seal("more")), "more") << "the key of the subject is known";
  EXPECT_EQ(one.get("OTHER"), "secrets.unavailable") << "nobody can say whether it is there";
  EXPECT_EQ(one.put("OTHER", "v").error().code, "secrets.unavailable");
  EXPECT_EQ(one.sealer.erase(subject).error().code, "secrets.unavailable");
  EXPECT_EQ(one.open(sealed), "text") << "not half erased";
  EXPECT_EQ(open(key).error().code, "secrets.unavailable");
}

TEST_F(SharedSlotsTest, WhatIsNoRecordOfOursIsPassedOver) {
  auto one = node(key);
  ASSERT_TRUE(one.put("TOKEN", canary));
  const auto name = list.last().name;
  const auto foreign = list.node();
  ASSERT_TRUE(foreign->follow([](std::string_view, std::optional<std::string_view>) {}));
  ASSERT_TRUE(foreign->write({{name, "nonsense"}, {"x", "y"}, {"z", std::nullopt}, {"encryption-key.x", "{}"}}));
  ASSERT_TRUE(one.slots->refresh());
  EXPECT_EQ(one.get("TOKEN"), canary);
  EXPECT_EQ(one.slots->key_id(), key.id());
}

TEST_F(SharedSlotsTest, AChangedByteIsFoundAndNothingIsRotatedThen) {
  auto one = node(key);
  ASSERT_TRUE(one.put("TOKEN", canary));
  auto changed = list.last();
  changed.bytes->back() ^= 1;
  list.add({{changed.name, std::nullopt}, {changed.name, changed.bytes}});
  ASSERT_TRUE(one.slots->refresh());
  EXPECT_EQ(one.get("TOKEN"), "secrets.tampered");
  EXPECT_EQ(one.slots->rotate(Key::generate()).error().code, "secrets.tampered");
  EXPECT_EQ(one.slots->key_id(), key.id());
}

TEST_F(SharedSlotsTest, NodesShareSoManyBytes) {
  constexpr std::size_t kBytes = 10'000;
  Node one(SharedSlots::open(list.node(), keys_of(key), kBytes).value());
  const std::string value(1'000, 'x');
  std::size_t fits = 0;
  while (one.put("NAME_" + std::to_string(fits), value)) ++fits;
  EXPECT_EQ(one.put("ONE_MORE", value).error().code, "secrets.full");
  EXPECT_THAT(fits * value.size(), ::testing::AllOf(::testing::Gt(kBytes / 2), ::testing::Le(kBytes)));
  ASSERT_TRUE(one.secrets.remove("default", "lab", "NAME_0"));
  EXPECT_TRUE(one.put("ONE_MORE", value)) << "what is removed makes room";
}

}  // namespace
}  // namespace hub::secrets
