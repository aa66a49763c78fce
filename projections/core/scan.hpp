#pragma once
#include <rocksdb/db.h>

#include <memory>
#include <string>
#include <string_view>

#include "projections/core/store.hpp"

namespace hub::projections {

/// Calls visit(rest of the key, value) for every key with this prefix, in order, until it is false.
template <class Visit>
void scan(const StoreView& view, const std::string& prefix, Visit visit) {
  rocksdb::ReadOptions options;
  options.snapshot = view.snapshot();
  const std::unique_ptr<rocksdb::Iterator> keys(view.db().NewIterator(options));
  for (keys->Seek(prefix); keys->Valid() && keys->key().starts_with(prefix); keys->Next()) {
    const std::string_view key(keys->key().data(), keys->key().size());
    if (!visit(key.substr(prefix.size()), std::string_view(keys->value().data(), keys->value().size()))) return;
  }
  if (!keys->status().ok()) stop_on_bad_read(view.db(), keys->status());
}

}  // namespace hub::projections
