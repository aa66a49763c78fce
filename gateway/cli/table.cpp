#include "gateway/cli/table.hpp"

#include <algorithm>

#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

constexpr std::size_t kGap = 2;

std::vector<std::size_t> natural_widths(const std::vector<Column>& columns,
                                        const std::vector<std::vector<Cell>>& rows) {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    auto width = display_width(columns[i].title);
    for (const auto& row : rows) width = std::max(width, display_width(row[i].text));
    widths.push_back(width);
  }
  return widths;
}

/// Takes from the widest that may give, one column at a time, so that the cut is spread evenly.
void shrink(std::vector<std::size_t>& widths, const std::vector<Column>& columns, std::size_t room) {
  std::size_t total = kGap * (widths.size() - 1);
  for (const auto width : widths) total += width;
  for (; total > room; --total) {
    std::size_t widest = columns.size();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].keep == 0 || widths[i] <= columns[i].keep) continue;
      if (widest == columns.size() || widths[i] > widths[widest]) widest = i;
    }
    if (widest == columns.size()) return;
    --widths[widest];
  }
}

void append_cell(std::string& out, const Cell& cell, const Column& column, std::size_t width, bool last,
                 const Console& console) {
  const auto text = cut_to(cell.text, width);
  const std::string padding(width - std::min(width, display_width(text)), ' ');
  if (column.right) out += padding;
  out += coloured(text, cell.colour, console);
  if (!column.right && !last) out += padding;
  if (!last) out.append(kGap, ' ');
}

std::string_view escape_of(Colour colour) {
  switch (colour) {
    case Colour::green:
      return "\x1b[32m";
    case Colour::yellow:
      return "\x1b[33m";
    case Colour::red:
      return "\x1b[31m";
    case Colour::grey:
      return "\x1b[90m";
    case Colour::none:
      break;
  }
  return {};
}

}  // namespace

std::string render_table(const std::vector<Column>& columns, const std::vector<std::vector<Cell>>& rows,
                         const Console& console) {
  auto shown = rows;
  for (auto& row : shown) {
    HUB_ASSERT(row.size() == columns.size());
    for (auto& cell : row) cell.text = printable(cell.text);
  }
  auto widths = natural_widths(columns, shown);
  if (console.columns > 0) shrink(widths, columns, static_cast<std::size_t>(console.columns));
  std::string out;
  for (std::size_t i = 0; i < columns.size(); ++i)
    append_cell(out, {columns[i].title, Colour::grey}, columns[i], widths[i], i + 1 == columns.size(), console);
  out += '\n';
  for (const auto& row : shown) {
    for (std::size_t i = 0; i < columns.size(); ++i)
      append_cell(out, row[i], columns[i], widths[i], i + 1 == columns.size(), console);
    out += '\n';
  }
  return out;
}

std::string render_fields(const std::vector<std::pair<std::string, Cell>>& fields, const Console& console) {
  std::size_t width = 0;
  for (const auto& field : fields)
    if (!field.second.text.empty()) width = std::max(width, display_width(field.first));
  std::string out;
  for (const auto& field : fields) {
    if (field.second.text.empty()) continue;
    out += coloured(field.first, Colour::grey, console);
    out.append(width - display_width(field.first) + kGap, ' ');
    out += coloured(printable(field.second.text), field.second.colour, console) + '\n';
  }
  return out;
}

std::string coloured(std::string_view text, Colour colour, const Console& console) {
  const auto escape = escape_of(colour);
  if (!console.colour || escape.empty() || text.empty()) return std::string(text);
  return std::string(escape) + std::string(text) + "\x1b[0m";
}

}  // namespace hub::cli
