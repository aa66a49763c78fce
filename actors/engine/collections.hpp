#pragma once
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "actors/engine/rows.hpp"

namespace hub::engine {

/// The committed rows of one entity's collections, in order of their keys.
class CollectionRows {
 public:
  virtual ~CollectionRows() = default;
  virtual std::optional<std::string> get(std::string_view key) const = 0;
  using Visitor = Rows::Visitor;
  /// Rows whose key begins with `prefix` and is `from` or behind it, in order, until the visitor answers false.
  virtual void scan(std::string_view prefix, std::string_view from, const Visitor& visitor) const = 0;
};

/// The same in memory.
class CollectionRowsInMemory final : public CollectionRows {
 public:
  std::optional<std::string> get(std::string_view key) const override;
  void scan(std::string_view prefix, std::string_view from, const Visitor& visitor) const override;
  void apply(const RowChanges& changes);
  const std::map<std::string, std::string, std::less<>>& rows() const { return rows_; }

 private:
  std::map<std::string, std::string, std::less<>> rows_;
};

/// What is unbounded in an entity's state: ordered maps of bytes to bytes, held as rows of the store. A member of a
/// State, named `collections`. The first byte of a key says of which map it is. In memory are the changes that are not
/// committed yet, and a window of the first rows of those maps whose head was asked for, and the latest rows of the
/// others; a change is one put or one delete, whatever the size. One thread.
class Collections {
 public:
  /// Of the window of one map. Above twice as many the last ones are let go again.
  static constexpr std::size_t kWindowRows = 512;

  /// Without it there are no rows but those that were put. `rows` outlives this.
  void attach(const CollectionRows* rows) { rows_ = rows; }

  std::optional<std::string> get(std::string_view key) const;
  bool has(std::string_view key) const { return get(key).has_value(); }
  void put(std::string_view key, std::string value);
  void erase(std::string_view key);
  /// The first rows of the map `name`, at most `count`; in order.
  std::vector<std::pair<std::string, std::string>> head(char name, std::size_t count) const;

  /// Of the batch that is decided.
  RowChanges changes() const { return {changes_.begin(), changes_.end()}; }
  /// The changes lie in the rows that were attached.
  void settled();

 private:
  struct Window {
    std::map<std::string, std::string, std::less<>> rows;
    std::string end;        ///< all rows before it are in the window
    bool complete = false;  ///< and there are none behind it
    bool covers(std::string_view key) const { return complete || key < end; }
  };
  /// By key, of maps whose head nobody asks for: what was put, deleted or read of late, which is what is asked for
  /// next.
  using Recent = std::unordered_map<std::string, std::optional<std::string>>;
  static constexpr std::size_t kRecentRows = 4'096;

  void widen(Window& window, char name, std::size_t count) const;
  void narrow(Window& window);

  const CollectionRows* rows_ = nullptr;
  std::map<std::string, std::optional<std::string>, std::less<>> changes_;
  void note(std::string key, std::optional<std::string> value) const;

  mutable Recent recent_;
  mutable Recent older_;  ///< what was recent before; let go when there is as much again
  mutable std::map<char, Window> windows_;
};

}  // namespace hub::engine
