#pragma once
#include <functional>
#include <memory>

namespace rocksdb {
class Env;
class Logger;
}  // namespace rocksdb

namespace hub::rocks {

/// The files of this machine, for databases that must not see a full disk: RocksDB gives up a file of which one write
/// failed, also one that it writes in the background and cannot do without. A write that finds no room asks for some
/// (give_way_with) and is tried again for 5 s; it fails only then. Lives as long as the process.
rocksdb::Env* patient_env();

/// Who makes room when a write finds none; called from any thread, more than once. Empty: nobody.
void give_way_with(std::function<void()> give_way);

/// For databases whose errors come as statuses: their own diary would only fill the folder, and cannot be written on a
/// full disk.
std::shared_ptr<rocksdb::Logger> no_diary();

}  // namespace hub::rocks
