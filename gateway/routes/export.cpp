#include "gateway/routes/export.hpp"

#include <atomic>

#include "events/core/json.hpp"
#include "gateway/routes/await.hpp"

namespace hub::routes {
namespace {

std::atomic<int> exports_running{0};

/// Counts one export for as long as it lives.
class Turn {
 public:
  Turn() : taken_(exports_running.fetch_add(1) < kExportsMax) {}
  ~Turn() { exports_running.fetch_sub(1); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  bool taken() const { return taken_; }

 private:
  bool taken_;
};

struct Export {
  Turn turn;
  ExportFormat format = ExportFormat::none;
  ExportOf what;
  projections::Pages pages;
  Instant until;
  std::string first;  ///< what is sent first
  bool done = false;
  simdjson::dom::parser parser;
};

void append_value(std::string& out, const simdjson::dom::element& value) {
  std::string_view text;
  if (value.is_null()) return;
  if (value.get(text) == simdjson::SUCCESS) return append_cell(out, text, true);
  append_cell(out, simdjson::minify(value), false);
}

void append_csv_line(std::string& out, Export& state, std::string_view item) {
  const simdjson::padded_string padded(item);
  simdjson::dom::element row;
  HUB_ASSERT(state.parser.parse(padded).get(row) == simdjson::SUCCESS);
  bool is_first = true;
  for (const auto& column : state.what.columns) {
    if (!is_first) out += ',';
    is_first = false;
    simdjson::dom::element value;
    if (row.at_pointer(column.pointer).get(value) == simdjson::SUCCESS) append_value(out, value);
  }
  out += "\r\n";
}

std::string csv_head(const ExportOf& what) {
  std::string out;
  for (const auto& column : what.columns) {
    if (!out.empty()) out += ',';
    append_cell(out, column.name, false);
  }
  return out + "\r\n";
}

/// The next page as it is sent. May block.
Result<std::string> next_piece(Export& state) {
  HUB_TRY(const auto page, state.pages());
  state.done = !page.next_cursor;
  std::string out;
  for (const auto item : items_of(page.items)) {
    if (state.format == ExportFormat::csv)
      append_csv_line(out, state, item);
    else
      out.append(item).append("\n");
  }
  return out;
}

asio::awaitable<void> send_all(Services& services, std::shared_ptr<Export> state, http::BodyWriter& writer) {
  if (!co_await writer.write(state->first)) co_return;
  while (!state->done) {
    auto& now = *state;
    const auto piece = co_await on_blocking(services, [&] { return next_piece(now); });
    // What was sent is no whole file, and the client is to see that: the answer ends without its end.
    if (!piece || services.clock() > state->until) throw std::runtime_error("the export was cut off");
    if (!co_await writer.write(piece.value())) co_return;
  }
}

/// "2026-03-01T12-00-00Z": a name of a file must not hold a colon everywhere.
std::string time_in_name(Instant now) {
  auto text = to_rfc3339(now).substr(0, 19);
  for (auto& c : text)
    if (c == ':') c = '-';
  return text + "Z";
}

}  // namespace

ExportFormat export_format_of(const http::Request& request) {
  const auto accept = request.header(http::Field::accept);
  if (!accept) return ExportFormat::none;
  if (http::list_holds(*accept, "text/csv")) return ExportFormat::csv;
  const bool lines =
      http::list_holds(*accept, "application/jsonl") || http::list_holds(*accept, "application/x-ndjson");
  return lines ? ExportFormat::lines : ExportFormat::none;
}

asio::awaitable<http::Response> export_list(Services& services, const http::Request& request, ExportFormat format,
                                            ExportOf what, projections::Pages pages) {
  const auto state = std::make_shared<Export>();
  if (!state->turn.taken()) {
    auto failure = http::http_failure(429, "export.too_many", "as many exports as may be are being made; try again");
    failure.retry_after_ms = 1'000;
    co_return http::refuse(request, failure);
  }
  state->format = format;
  state->what = what;
  state->pages = std::move(pages);
  state->until = services.clock() + kExportTimeMax;
  auto& now = *state;
  auto piece = co_await on_blocking(services, [&] { return next_piece(now); });
  if (!piece) co_return http::refuse(request, piece.error());
  const bool csv = format == ExportFormat::csv;
  state->first = csv ? csv_head(what) + piece.value() : std::move(piece).value();
  http::Response response;
  response.content_type = csv ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson";
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"" + std::string(what.name) + "-" +
                                                           time_in_name(services.clock()) +
                                                           (csv ? ".csv\"" : ".jsonl\""));
  response.headers.emplace_back("Vary", "Accept");
  response.stream = [&services, state](http::BodyWriter& writer) { return send_all(services, state, writer); };
  co_return response;
}

void append_cell(std::string& out, std::string_view value, bool is_text) {
  constexpr std::string_view kBeginsFormula = "=+-@\t\r";
  std::string cell(value);
  if (is_text && !cell.empty() && kBeginsFormula.find(cell.front()) != std::string_view::npos) cell.insert(0, "'");
  if (cell.find_first_of(",\"\r\n") == std::string::npos) {
    out += cell;
    return;
  }
  out += '"';
  for (const char c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

std::vector<std::string_view> items_of(std::string_view list) {
  std::vector<std::string_view> items;
  std::size_t begin = 1;
  int depth = 0;
  bool in_text = false;
  for (std::size_t at = 0; at < list.size(); ++at) {
    const char c = list[at];
    if (in_text) {
      if (c == '\\') ++at;
      in_text = c != '"';
      continue;
    }
    if (c == '"') in_text = true;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    const bool ends = depth == 0 || (depth == 1 && c == ',');
    if (!ends) continue;
    if (at > begin) items.push_back(list.substr(begin, at - begin));
    begin = at + 1;
  }
  return items;
}

}  // namespace hub::routes
