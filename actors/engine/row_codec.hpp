#pragma once
#include <string>
#include <string_view>

#include "actors/engine/state_store.hpp"

namespace hub::engine {

// Binary rows: varints and length-prefixed bytes. Readers answer false for what does not decode.

std::string encode_entity_row(const EntityRow& row);  ///< closed by a CRC-32C
bool decode_entity_row(std::string_view bytes, EntityRow& row);
std::string encode_command_row(const CommandRow& row);  ///< begins with the expiry, for the compaction filter
bool decode_command_row(std::string_view bytes, CommandRow& row);
std::string encode_agenda(const Agenda& agenda);
bool decode_agenda(std::string_view bytes, Agenda& agenda);
std::string encode_consumed(PartitionId source, Seq seq);
bool decode_consumed(std::string_view bytes, PartitionId& source, Seq& seq);
std::string encode_head(const log::Head& head);
bool decode_head(std::string_view bytes, log::Head& head);
std::string encode_dead_letter(const DeadLetter& letter);
bool decode_dead_letter(std::string_view bytes, DeadLetter& letter);

}  // namespace hub::engine
