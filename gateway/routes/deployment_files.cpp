// The files of a deployment's workspace, on the machine that has it.
#include "adapters/providers/local/workspace_files.hpp"
#include "events/core/json_codec.hpp"
#include "events/core/logging.hpp"
#include "gateway/http/response.hpp"
#include "gateway/routes/await.hpp"
#include "gateway/routes/command.hpp"
#include "gateway/routes/deployment_access.hpp"
#include "gateway/routes/routes.hpp"

namespace hub::routes {
namespace {

using accounts::Role;
using http::Request;
using http::Response;
using providers::local::FileEntry;
using providers::local::WorkspaceFiles;

constexpr std::size_t kPieceBytes = 256 * 1024;

struct MoveBody {
  static constexpr std::string_view required[] = {"from", "to"};
  std::string from;
  std::string to;
};
struct FolderBody {
  static constexpr std::string_view required[] = {"path"};
  std::string path;
};
BOOST_DESCRIBE_STRUCT(MoveBody, (), (from, to))
BOOST_DESCRIBE_STRUCT(FolderBody, (), (path))

std::string_view kind_name(FileEntry::Kind kind) {
  switch (kind) {
    case FileEntry::Kind::file:
      return "file";
    case FileEntry::Kind::folder:
      return "folder";
    case FileEntry::Kind::link:
      return "link";
    case FileEntry::Kind::other:
      break;
  }
  return "other";
}

std::string entry_json(const FileEntry& entry) {
  std::string json = "{\"name\":" + json_string(entry.name) + ",\"kind\":" + json_string(kind_name(entry.kind));
  if (entry.kind == FileEntry::Kind::file)
    json += ",\"size\":" + std::to_string(entry.size) + (entry.executable ? ",\"executable\":true" : "");
  return json + ",\"modified_at\":" + json_string(to_rfc3339(entry.modified_at)) + "}";
}

std::string list_json(const std::string& path, const providers::local::FileList& list) {
  std::string json = "{\"path\":" + json_string(path) + ",\"items\":[";
  for (const auto& entry : list.entries) {
    if (json.back() != '[') json += ',';
    json += entry_json(entry);
  }
  return json + "],\"more\":" + (list.more ? "true}" : "false}");
}

/// The workspace of the path's deployment, for a caller with `role`. Fails: as deployment_of; conflict `files.none` for
/// one that has no workspace, or none yet, `files.elsewhere` when another machine has it.
Result<WorkspaceFiles> workspace_of(Services& services, const Request& request, Role role) {
  HUB_TRY(const auto item, deployment_of(services, request, role));
  auto folder = services.workspace_of ? services.workspace_of(request.param("id")) : std::string();
  if (!folder.empty()) return WorkspaceFiles(std::move(folder));
  if (item.provider != "local") return conflict("files.none", "deployments of this provider have no files here");
  if (item.status == deployments::Status::creating || item.status == deployments::Status::deleted)
    return conflict("files.none", "the deployment has no workspace now");
  return conflict("files.elsewhere", "the workspace is on another machine; its files can be asked for there only");
}

/// `path=` of a request whose other parameters are `others`.
Result<std::string> path_in(const Request& request, std::initializer_list<std::string_view> known) {
  HUB_TRY(request.query.only(known));
  return std::string(request.query.get("path").value_or(std::string_view()));
}

/// Who changed what: files are no part of the record.
void note(const Request& request, std::string_view what, std::string_view path) {
  logging::write(logging::Level::info, "workspace changed",
                 {{"request_id", request.id},
                  {"deployment", request.param("id")},
                  {"caller", request.principal->id},
                  {"change", what},
                  {"path", path}});
}

asio::awaitable<Response> list_files(Services& services, Request& request) {
  const auto path = path_in(request, {"path"});
  if (!path) co_return http::refuse(request, path.error());
  const auto files = workspace_of(services, request, Role::viewer);
  if (!files) co_return http::refuse(request, files.error());
  const auto list = co_await on_blocking(services, [&] { return files.value().list(path.value()); });
  if (!list) co_return http::refuse(request, list.error());
  auto response = http::answer(list_json(path.value(), list.value()));
  response.compressible = true;
  co_return response;
}

struct Reading {
  providers::local::Fd fd;
  std::string piece = std::string(kPieceBytes, '\0');
  std::uint64_t left = 0;
};

/// What is in the next piece; empty at the end. Blocks.
Result<std::string_view> next_piece(Reading& reading) {
  const auto wanted = std::min<std::uint64_t>(reading.left, reading.piece.size());
  const auto count = ::read(reading.fd.get(), reading.piece.data(), wanted);
  if (count < 0) return unavailable("files.unavailable", "the file cannot be read");
  reading.left -= static_cast<std::uint64_t>(count);
  return std::string_view(reading.piece.data(), static_cast<std::size_t>(count));
}

/// No more than the file had when it was opened: one that grows for ever is not followed.
asio::awaitable<void> send_file(Services& services, std::shared_ptr<Reading> reading, http::BodyWriter& writer) {
  auto& now = *reading;
  while (now.left > 0) {
    const auto piece = co_await on_blocking(services, [&] { return next_piece(now); });
    if (!piece) throw std::runtime_error("a file could not be read to its end");
    if (piece.value().empty()) co_return;
    if (!co_await writer.write(piece.value())) co_return;
  }
}

/// Of what a command wrote nothing is shown as a page of this server: it is downloaded, or read by the page's script.
asio::awaitable<Response> get_content(Services& services, Request& request) {
  const auto path = path_in(request, {"path"});
  if (!path) co_return http::refuse(request, path.error());
  const auto files = workspace_of(services, request, Role::viewer);
  if (!files) co_return http::refuse(request, files.error());
  auto opened = co_await on_blocking(services, [&] { return files.value().open(path.value()); });
  if (!opened) co_return http::refuse(request, opened.error());
  const auto reading = std::make_shared<Reading>();
  reading->fd = std::move(opened.value().fd);
  reading->left = opened.value().size;
  Response response;
  response.content_type = "application/octet-stream";
  response.headers.emplace_back("Content-Disposition", "attachment");
  response.headers.emplace_back("Content-Security-Policy", "default-src 'none'; sandbox");
  response.headers.emplace_back("X-File-Size", std::to_string(reading->left));
  response.stream = [&services, reading](http::BodyWriter& writer) { return send_file(services, reading, writer); };
  co_return response;
}

asio::awaitable<Response> put_content(Services& services, Request& request) {
  const auto path = path_in(request, {"path"});
  if (!path) co_return http::refuse(request, path.error());
  const auto files = workspace_of(services, request, Role::dev);
  if (!files) co_return http::refuse(request, files.error());
  const auto is_new = co_await on_blocking(services, [&] { return files.value().write(path.value(), request.body); });
  if (!is_new) co_return http::refuse(request, is_new.error());
  note(request, is_new.value() ? "made" : "replaced", path.value());
  const auto entry = co_await on_blocking(services, [&] { return files.value().entry(path.value()); });
  if (!entry) co_return http::refuse(request, entry.error());
  co_return http::answer(entry_json(entry.value()), is_new.value() ? 201 : 200);
}

asio::awaitable<Response> delete_content(Services& services, Request& request) {
  const auto path = path_in(request, {"path", "recursive"});
  if (!path) co_return http::refuse(request, path.error());
  const auto all = request.query.flag("recursive");
  if (!all) co_return http::refuse(request, all.error());
  const auto files = workspace_of(services, request, Role::dev);
  if (!files) co_return http::refuse(request, files.error());
  const auto done = co_await on_blocking(services, [&] { return files.value().remove(path.value(), all.value()); });
  if (!done) co_return http::refuse(request, done.error());
  note(request, "removed", path.value());
  co_return http::empty_answer(204);
}

asio::awaitable<Response> post_move(Services& services, Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  if (const auto json = check_json(request); !json) co_return http::refuse(request, json.error());
  const auto body = from_json<MoveBody>(request.body);
  if (!body) co_return http::refuse(request, body.error());
  const auto files = workspace_of(services, request, Role::dev);
  if (!files) co_return http::refuse(request, files.error());
  const auto& [from, to] = body.value();
  const auto done = co_await on_blocking(services, [&] { return files.value().move(from, to); });
  if (!done) co_return http::refuse(request, done.error());
  note(request, "moved", from + " to " + to);
  const auto entry = co_await on_blocking(services, [&] { return files.value().entry(to); });
  if (!entry) co_return http::refuse(request, entry.error());
  co_return http::answer(entry_json(entry.value()));
}

asio::awaitable<Response> post_folder(Services& services, Request& request) {
  if (const auto known = request.query.only({}); !known) co_return http::refuse(request, known.error());
  if (const auto json = check_json(request); !json) co_return http::refuse(request, json.error());
  const auto body = from_json<FolderBody>(request.body);
  if (!body) co_return http::refuse(request, body.error());
  const auto files = workspace_of(services, request, Role::dev);
  if (!files) co_return http::refuse(request, files.error());
  const auto& path = body.value().path;
  const auto done = co_await on_blocking(services, [&] { return files.value().make_folder(path); });
  if (!done) co_return http::refuse(request, done.error());
  note(request, "made", path);
  const auto entry = co_await on_blocking(services, [&] { return files.value().entry(path); });
  if (!entry) co_return http::refuse(request, entry.error());
  co_return http::answer(entry_json(entry.value()), 201);
}

}  // namespace

void add_deployment_files(http::Router& router, Services& services) {
  using http::Verb;
  const auto add = [&](Verb verb, std::string_view rest, asio::awaitable<Response> (*handler)(Services&, Request&)) {
    router.add({verb, "/api/v1/deployments/{id}/files" + std::string(rest),
                [&services, handler](Request& request) { return handler(services, request); }});
  };
  add(Verb::get, "", list_files);
  add(Verb::get, "/content", get_content);
  add(Verb::put, "/content", put_content);
  add(Verb::delete_, "/content", delete_content);
  add(Verb::post, "/move", post_move);
  add(Verb::post, "/folder", post_folder);
}

}  // namespace hub::routes
