#include "gateway/server/shared_letters.hpp"

#include <limits>

#include "gateway/server/letter_codec.hpp"

namespace hub::server {

using engine::DeadLetter;
using engine::LetterChange;

Result<std::unique_ptr<SharedLetters>> SharedLetters::open(const kafka::Brokers& brokers, const std::string& topic,
                                                           engine::StateStore& store) {
  std::unique_ptr<SharedLetters> letters(new SharedLetters(store));
  kafka::LetterTopic::Handler handler;
  handler.message = [at = letters.get()](const kafka::ForeignRecord& record) { at->take(record); };
  handler.reached_end = [] {};
  const auto from = static_cast<std::int64_t>(store.letters_read());
  HUB_TRY(letters->topic_, kafka::LetterTopic::open(brokers, topic, from, std::move(handler)));
  return letters;
}

void SharedLetters::tell_untold() {
  for (const auto& letter : store_.dead_letters(std::numeric_limits<std::size_t>::max()))
    if (!letter.published) changed(letter, LetterChange::kept);
}

void SharedLetters::changed(const DeadLetter& letter, LetterChange change) {
  const auto message = to_message(letter, change, wall_now());
  topic_->publish(message.key, message.value, message.headers);
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

}  // namespace hub::server
