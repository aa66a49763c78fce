#include "adapters/models/template.hpp"

#include "adapters/models/json_reading.hpp"
#include "events/core/json.hpp"

namespace hub::calls {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";

Failure wrong(std::string_view why) {
  return invalid("model.invalid_settings", why, "request_template");
}

/// A template is text when its JSON is a string, else JSON.
Result<std::string> text_of_template(std::string_view json) {
  simdjson::dom::element root;
  if (!parse(json, root)) return wrong("not JSON");
  return root.is_string() ? std::string(text_of(root)) : std::string(json);
}

class Filling {
 public:
  Filling(std::string_view text, const TemplateValues& values) : text_(text), values_(values) {}

  Result<std::string> fill() {
    while (at_ < text_.size()) {
      // An object may begin with two braces only where a placeholder does: {"a":{{… is no JSON.
      if (text_.substr(at_, kOpen.size()) == kOpen) {
        HUB_TRY(placeholder());
        continue;
      }
      plain();
    }
    return std::move(out_);
  }

 private:
  void plain() {
    const char c = text_[at_];
    const bool escaped = in_string_ && c == '\\' && at_ + 1 < text_.size();
    if (escaped) out_ += text_[at_++];
    if (c == '"') in_string_ = !in_string_;
    out_ += text_[at_++];
    if (c == '"' && in_string_) string_at_ = out_.size();
  }

  Result<void> placeholder() {
    const auto end = text_.find(kClose, at_);
    if (end == std::string_view::npos) return wrong("a placeholder is not closed by }}");
    const auto name = text_.substr(at_ + kOpen.size(), end - at_ - kOpen.size());
    HUB_TRY(const auto json, json_of(name));
    const bool alone = in_string_ && out_.size() == string_at_ && text_.substr(end + kClose.size(), 1) == "\"";
    at_ = end + kClose.size();
    if (alone) {
      // "{{input}}": the quotes are there for the template to be JSON; they give way to what it stands for.
      out_.pop_back();
      ++at_;
      in_string_ = false;
    }
    if (in_string_)
      append_inside(json, name == "input");
    else
      out_ += json;
    return success();
  }

  Result<std::string> json_of(std::string_view name) const {
    if (name == "input") return std::string(values_.input);
    if (name == "text") return json_string(values_.text);
    if (name == "model") return json_string(values_.model);
    return wrong("a placeholder is {{input}}, {{text}} or {{model}}");
  }

  void append_inside(const std::string& json, bool as_text) {
    const auto quoted = as_text ? json_string(json) : json;
    out_.append(quoted, 1, quoted.size() - 2);
  }

  std::string_view text_;
  const TemplateValues& values_;
  std::string out_;
  std::size_t at_ = 0;
  bool in_string_ = false;
  std::size_t string_at_ = 0;  ///< where the string began in what is made
};

}  // namespace

Result<std::string> fill_template(std::string_view request_template, const TemplateValues& values) {
  HUB_TRY(const auto text, text_of_template(request_template));
  HUB_TRY(auto filled, Filling(text, values).fill());
  simdjson::dom::element root;
  if (!parse(filled, root)) return wrong("what it makes of an input is not JSON");
  return filled;
}

}  // namespace hub::calls
