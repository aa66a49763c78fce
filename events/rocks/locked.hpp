#pragma once
#include <rocksdb/status.h>

#include <string>

namespace hub::rocks {

/// Opening failed because somebody has the database open. RocksDB tells it from other trouble by its words only.
inline bool is_locked(const rocksdb::Status& status) {
  return status.IsIOError() && status.ToString().find("lock") != std::string::npos;
}

}  // namespace hub::rocks
