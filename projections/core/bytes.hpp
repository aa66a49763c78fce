#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace hub::projections {

/// Eight bytes whose order as bytes is the order of the numbers, so that keys sort.
void append_ordered(std::string& out, std::uint64_t value);
void append_ordered(std::string& out, std::int64_t value);
/// Takes eight such bytes off the front; false, and nothing taken, when there are fewer.
bool take_ordered(std::string_view& bytes, std::uint64_t& value);
bool take_ordered(std::string_view& bytes, std::int64_t& value);

/// The least key above every key that begins with `prefix`; empty when there is none.
std::string after_prefix(std::string_view prefix);

}  // namespace hub::projections
