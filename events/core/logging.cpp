#include "events/core/logging.hpp"

#include <atomic>
#include <cstdio>

#include "events/core/json.hpp"
#include "events/core/overloaded.hpp"

namespace hub::logging {
namespace {

std::atomic<Sink*> current{nullptr};

bool is_plain(std::string_view text) {
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       std::string_view("_-.:/{}*+@,").find(c) != std::string_view::npos;
    if (!plain) return false;
  }
  return !text.empty();
}

void append_quoted(std::string& out, std::string_view text) {
  append_json_string(out, is_valid_utf8(text) ? std::string(text) : to_valid_utf8(text));
}

void append_number(std::string& out, const Field::Value& value) {
  std::visit(overloaded{[](std::string_view) {}, [&](bool flag) { out += flag ? "true" : "false"; },
                        [&](auto number) { append_json_number(out, number); }},
             value);
}

void write_plainly(std::string_view message, Fields fields) {
  std::string line = "computehub: ";
  append_text(line, message, fields);
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

void set_sink(Sink* sink) {
  current.store(sink);
}

bool wants(Level level) {
  const auto* sink = current.load(std::memory_order_acquire);
  return sink != nullptr ? sink->wants(level) : level >= Level::warning;
}

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (!wants(level)) return;
  const Fields view(fields.begin(), fields.size());
  if (auto* sink = current.load(std::memory_order_acquire))
    sink->write(level, message, view);
  else
    write_plainly(message, view);
}

void write_last(std::string_view message, std::initializer_list<Field> fields) {
  write(Level::error, message, fields);
  if (auto* sink = current.load(std::memory_order_acquire)) sink->flush();
}

void append_text(std::string& out, std::string_view message, Fields fields) {
  // What a message holds is ours, but for the words of a library: these must not begin a line of their own.
  for (const char c : message) out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  for (const auto& field : fields) {
    out += ' ';
    out += field.name;
    out += '=';
    const auto* text = std::get_if<std::string_view>(&field.value);
    if (text == nullptr)
      append_number(out, field.value);
    else if (is_plain(*text))
      out += *text;
    else
      append_quoted(out, *text);
  }
}

void append_json(std::string& out, std::string_view message, Fields fields) {
  out += R"("message":)";
  append_quoted(out, message);
  for (const auto& field : fields) {
    out += ',';
    append_quoted(out, field.name);
    out += ':';
    if (const auto* text = std::get_if<std::string_view>(&field.value))
      append_quoted(out, *text);
    else
      append_number(out, field.value);
  }
}

}  // namespace hub::logging
