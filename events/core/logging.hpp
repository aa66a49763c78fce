#pragma once
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace hub::logging {

enum class Level : std::uint8_t { trace, debug, info, warning, error };

/// One named value of a line. Texts are views: they must hold while write() runs. Never a token, a secret or a value
/// of an env.
struct Field {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  Field(std::string_view the_name, std::string_view text) : name(the_name), value(text) {}
  Field(std::string_view the_name, const std::string& text) : name(the_name), value(std::string_view(text)) {}
  Field(std::string_view the_name, const char* text) : name(the_name), value(std::string_view(text)) {}
  Field(std::string_view the_name, bool flag) : name(the_name), value(flag) {}
  Field(std::string_view the_name, double number) : name(the_name), value(number) {}
  template <std::signed_integral Number>
  Field(std::string_view the_name, Number number) : name(the_name), value(std::int64_t{number}) {}
  template <std::unsigned_integral Number>
  requires(!std::same_as<Number, bool>) Field(std::string_view the_name, Number number)
      : name(the_name), value(std::uint64_t{number}) {}

  std::string_view name;  ///< snake_case
  Value value;
};
using Fields = std::span<const Field>;

/// Where the lines of this process go. Any thread.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual bool wants(Level level) const = 0;
  virtual void write(Level level, std::string_view message, Fields fields) = 0;
  /// Returns when what was written is out, or cannot be for a second.
  virtual void flush() = 0;
};

/// From now on lines go to `sink`, which must outlive them; null: warnings and errors go to standard error as text.
void set_sink(Sink* sink);

/// Look here before making something costly for a line.
bool wants(Level level);
/// Writes one line: a short fixed message, and what varies as fields. Cheap when nobody wants the level; never waits
/// for who reads the lines.
void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});
/// An error behind which the process ends: it is out when this returns.
void write_last(std::string_view message, std::initializer_list<Field> fields = {});

/// `message name=value name="a value"`: one line whatever the values hold.
void append_text(std::string& out, std::string_view message, Fields fields);
/// `"message":…,"name":value`: the members of an object without its braces.
void append_json(std::string& out, std::string_view message, Fields fields);

}  // namespace hub::logging
