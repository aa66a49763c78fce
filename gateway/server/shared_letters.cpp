#include "gateway/server/shared_letters.hpp"

#include <limits>

#include "events/kafka/topics.hpp"
#include "gateway/cli/kafka_options.hpp"
#include "gateway/server/letter_codec.hpp"

namespace hub::server {

using engine::DeadLetter;
using engine::LetterChange;

namespace {

DeadLetter letter_of(kafka::ForeignRecord record, const std::string& node) {
  DeadLetter letter;
  letter.at = record.at.is_set() ? record.at : wall_now();
  letter.node = node;
  letter.reason = "foreign record";
  letter.input.data = std::move(record.value);
  letter.foreign = engine::Foreign{std::move(record.topic), record.partition, record.offset, std::move(record.key),
                                   std::move(record.headers)};
  letter.id = engine::letter_id(letter);
  return letter;
}

}  // namespace

Result<void> SharedLetters::connect(const cli::ServeOptions& options) {
  kafka::Brokers brokers{options.kafka_brokers, {}};
  HUB_TRY(brokers.conf, cli::kafka_properties(options));
  kafka::LetterTopic::Handler handler;
  handler.message = [this](const kafka::ForeignRecord& record) { take(record); };
  handler.reached_end = [] {};
  HUB_TRY(topic_, kafka::LetterTopic::open(brokers, kafka::Topics(options.kafka_namespace).dead_letters,
                                           static_cast<std::int64_t>(store_.letters_read()), std::move(handler)));
  connected_ = topic_.get();
  // One that is told twice is kept once.
  for (const auto& letter : store_.dead_letters(std::numeric_limits<std::size_t>::max()))
    if (!letter.published) changed(letter, LetterChange::kept);
  return success();
}

void SharedLetters::keep_foreign(kafka::ForeignRecord record) {
  for (const auto& fresh : store_.keep({letter_of(std::move(record), node_)})) changed(fresh, LetterChange::kept);
}

void SharedLetters::changed(const DeadLetter& letter, LetterChange change) {
  auto* const topic = connected_.load();
  if (topic == nullptr) return;
  const auto message = to_message(letter, change, wall_now());
  topic->publish(message.key, message.value, message.headers);
}

void SharedLetters::take(const kafka::ForeignRecord& record) {
  if (auto read = read_letter(record.key, record.value, record.headers)) {
    auto& letter = read->letter;
    switch (read->change) {
      case LetterChange::kept:
        letter.published = true;
        if (const auto kept = store_.dead_letter(letter.id); !kept)
          store_.keep({letter});
        else if (!kept->published)
          store_.change_dead_letter(letter.id, [](DeadLetter& own) { own.published = true; });
        break;
      case LetterChange::redriven:
        store_.change_dead_letter(letter.id, [&](DeadLetter& own) {
          // One that was accepted stays so, whoever tried it later.
          if (own.redriven_well) return;
          own.redriven_at = letter.redriven_at;
          own.redriven_as = letter.redriven_as;
          own.redriven_well = letter.redriven_well;
        });
        break;
      case LetterChange::removed:
        store_.drop_dead_letter(letter.id);
        break;
    }
  }
  store_.set_letters_read(record.offset + 1);
}

}  // namespace hub::server
