#pragma once
#include <functional>
#include <span>
#include <string_view>

#include "gateway/http/request.hpp"
#include "gateway/http/response.hpp"
#include "gateway/routes/services.hpp"
#include "projections/core/list_answer.hpp"

namespace hub::routes {

/// Exports that are made at a time, each of which holds a snapshot; beyond: 429 `export.too_many`.
inline constexpr int kExportsMax = 8;
/// An export that takes longer is cut off, so that nobody holds a snapshot for ever by reading slowly.
inline constexpr Duration kExportTimeMax = seconds(600);
/// Rows that are in memory at a time.
inline constexpr std::uint32_t kExportPageSize = 500;

enum class ExportFormat {
  none,   ///< a page, as JSON
  csv,    ///< RFC 4180 with a line of names; what a spreadsheet would take for a formula is defused
  lines,  ///< one JSON object a line
};
/// By `Accept`: text/csv; application/jsonl or application/x-ndjson.
ExportFormat export_format_of(const http::Request& request);

/// A column of a CSV: its name, and where its value is in an item, as a JSON pointer.
struct Column {
  std::string_view name;
  std::string_view pointer;
};

/// What of a list is exported. `name` is that of the file.
struct ExportOf {
  std::string_view name;
  std::span<const Column> columns;
};

/// The whole list as a file: page after page of one snapshot, made while it is sent. `pages` is called where it may
/// block, one call at a time. A failure of the first page is answered; one behind it cuts the answer off.
asio::awaitable<http::Response> export_list(Services& services, const http::Request& request, ExportFormat format,
                                            ExportOf what, projections::Pages pages);

/// A cell of a CSV as RFC 4180 has it. `is_text`: it came from somebody, and might begin like a formula.
void append_cell(std::string& out, std::string_view value, bool is_text);
/// The items of a JSON list, as they stand there.
std::vector<std::string_view> items_of(std::string_view list);

}  // namespace hub::routes
