#pragma once
#include <string>
#include <vector>

#include "gateway/cli/console.hpp"

namespace hub::cli {

enum class Colour { none, green, yellow, red, grey };

struct Cell {
  std::string text;
  Colour colour = Colour::none;
};

struct Column {
  std::string title;
  bool right = false;    ///< numbers stand on the right
  std::size_t keep = 0;  ///< columns it is never cut below; 0: never cut at all
};

/// Rows under titles, two spaces apart. On a terminal the widest columns that may be cut give way first, until a row
/// fits its width; elsewhere nothing is cut. Control characters in cells cannot reach the terminal.
std::string render_table(const std::vector<Column>& columns, const std::vector<std::vector<Cell>>& rows,
                         const Console& console);

/// "name   value" lines; empty values are left out.
std::string render_fields(const std::vector<std::pair<std::string, Cell>>& fields, const Console& console);

/// Wrapped in the colour's escape codes when the console shows colour.
std::string coloured(std::string_view text, Colour colour, const Console& console);

}  // namespace hub::cli
