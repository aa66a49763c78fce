#include "projections/core/offline.hpp"

#include "projections/core/folders.hpp"
#include "projections/core/host.hpp"

namespace hub::projections {
namespace {

/// Removes a folder at the end of a scope.
struct Scratch {
  std::filesystem::path folder;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
};

Result<std::shared_ptr<Store>> open_next(const Folders& folders, const StoreResources& resources) {
  const auto path = folders.next();
  HUB_TRY(auto store, Store::open(path, resources, Store::Mode::write));
  folders.make_current(path);
  folders.remove_others();
  return store;
}

}  // namespace

Result<std::shared_ptr<Store>> open_current(log::Log& log, const std::filesystem::path& root,
                                            const Projection& projection, const StoreResources& resources) {
  const Folders folders(root, projection);
  const auto path = folders.current();
  if (!path) return open_next(folders, resources);
  auto opened = Store::open(*path, resources, Store::Mode::write);
  if (!opened) {
    // Rows are derived: what cannot be read is made again.
    if (opened.error().code == "projection.corrupt") return open_next(folders, resources);
    return opened;
  }
  HUB_TRY(const bool fits, Host::fits(opened.value()->marks_at_open(), log));
  if (!fits) {
    opened.value().reset();
    return open_next(folders, resources);
  }
  folders.remove_others();
  return opened;
}

Result<Cursor> rebuild(log::Log& log, const std::filesystem::path& root, const Projection& projection,
                       const StoreResources& resources) {
  const Folders folders(root, projection);
  const auto path = folders.next();
  // Holds the lock of the generation in force, so that no server runs on it meanwhile.
  const auto current = folders.current();
  auto held = current ? Store::open(*current, resources, Store::Mode::write) : Result<std::shared_ptr<Store>>(nullptr);
  if (!held && held.error().code == "projection.locked") return std::move(held).error();
  HUB_TRY(auto store, Store::open(path, resources, Store::Mode::write));
  Host built(projection, log, std::move(store));
  if (auto caught_up = built.catch_up(); !caught_up) {
    built.store()->remove_when_closed();
    return std::move(caught_up).error();
  }
  built.commit();
  built.flush(true);
  folders.make_current(path);
  if (held && held.value()) held.value()->remove_when_closed();
  return cursor_of(built.marks());
}

Result<Verified> verify(log::Log& log, const std::filesystem::path& root, const Projection& projection,
                        const StoreResources& resources, const std::filesystem::path& scratch) {
  const auto path = Folders(root, projection).current();
  if (!path) return not_found("projection.absent", "there is no such projection");
  HUB_TRY(const auto found, Store::open(*path, resources, Store::Mode::read_only));
  // Before a row is read: a damaged one is answered here, and ends the process everywhere else.
  HUB_TRY(found->check());
  HUB_TRY(const bool fits, Host::fits(found->marks_at_open(), log));
  if (!fits) return invalid("projection.other_log", "the rows are not of this log");
  const Scratch cleared{scratch};
  HUB_TRY(auto store, Store::open(scratch, resources, Store::Mode::write));
  Host built(projection, log, std::move(store));
  if (const auto& marks = found->marks_at_open()) {
    HUB_TRY(built.catch_up(&*marks));
  }
  built.commit();
  Verified verified{false, cursor_of(built.marks()), found->content_hash(), built.store()->content_hash()};
  verified.equal = verified.found == verified.wanted;
  return verified;
}

}  // namespace hub::projections
