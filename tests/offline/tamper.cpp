// Changes the log of a stopped server as somebody would who can write its files and knows its format: checksums are
// made to fit, and with "-rechained" every later hash of the partition too. What is missing is the key.
//
//   hub_tamper LOG_FOLDER WHAT PARTITION SEQ
//

#include <rocksdb/write_batch.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include "events/log/chain.hpp"
#include "events/log/checkpoint.hpp"
#include "events/log/embedded_store.hpp"

namespace hub::log {
namespace {

using Batches = std::vector<StoredBatch>;

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "hub_tamper: %s\n", why.c_str());
  std::exit(EXIT_FAILURE);
}

Batches load(Store& store, PartitionId partition) {
  Batches batches;
  const std::unique_ptr<rocksdb::Iterator> rows(store.db->NewIterator({}, store.batches));
  for (rows->Seek(batch_key({partition, 0, 0})); rows->Valid(); rows->Next()) {
    const auto key = parse_batch_key(rows->key().ToStringView());
    if (!key || key->partition != partition) break;
    auto stored = load_batch(*key, rows->value().ToStringView());
    if (!stored) fail(stored.error().detail);
    batches.push_back(std::move(stored).value());
  }
  return batches;
}

/// The entries that a batch has in the indexes.
void forget(rocksdb::WriteBatch& rows, const Store& store, const Batch& batch) {
  rows.Delete(store.times, time_key(batch.partition, batch.end.index_time));
  for (const auto& record : batch.records) {
    if (record.kind != RecordKind::event) continue;
    rows.Delete(store.entities, entity_key(record.entity, record.version));
    if (!record.parent.empty()) rows.Delete(store.entities, entity_key(record.parent, record.parent_version));
  }
}

void save(Store& store, PartitionId partition, const Batches& batches) {
  rocksdb::WriteBatch rows;
  const std::unique_ptr<rocksdb::Iterator> old(store.db->NewIterator({}, store.batches));
  for (old->Seek(batch_key({partition, 0, 0})); old->Valid(); old->Next()) {
    const auto key = parse_batch_key(old->key().ToStringView());
    if (!key || key->partition != partition) break;
    const auto stored = decode_batch(encoded_part(old->value().ToStringView()));
    if (!stored) fail(stored.error().detail);
    forget(rows, store, stored.value());
    rows.Delete(store.batches, old->key());
  }
  std::map<Seq, std::uint32_t> turns;
  for (const auto& stored : batches) {
    const auto first = stored.batch.end.first;
    put_batch(rows, store, {partition, first, turns[first]++}, stored.link, stored.batch);
  }
  rocksdb::WriteOptions write;
  write.sync = true;
  if (!store.db->Write(write, &rows).ok()) fail("cannot write");
}

/// Every link and hash from batch `from` on, as if it had always been so.
void rechain(Batches& batches, std::size_t from) {
  Head head;
  if (from > 0) {
    const auto& end = batches[from - 1].batch.end;
    head = {end.last, end.epoch, end.hash, end.index_time};
  }
  for (auto i = from; i < batches.size(); ++i) {
    batches[i].link = head.hash;
    seal(batches[i].batch, head);
  }
}

/// Every checkpoint from batch `from` on signed anew, with a key that is not the server's.
void sign_anew(Batches& batches, PartitionId partition, std::size_t from) {
  const auto signer = Signer::temporary();
  for (auto i = from; i < batches.size(); ++i) {
    rechain(batches, i);
    const auto& before = batches[i - 1].batch.end;
    const Head head{before.last, before.epoch, before.hash, before.index_time};
    for (auto& record : batches[i].batch.records)
      if (record.kind == RecordKind::checkpoint) record = make_checkpoint(signer, partition, head, {}, record.time);
    rechain(batches, i);
  }
}

struct Place {
  Batches& batches;
  std::size_t batch;
  std::size_t record;
  PartitionId partition;
  Record& at() const { return batches[batch].batch.records[record]; }
};

void change(const Place& place) {
  place.at().actor = "user:eve";
}
void insert(const Place& place) {
  auto& records = place.batches[place.batch].batch.records;
  auto copy = place.at();
  copy.actor = "user:eve";
  records.insert(records.begin() + static_cast<std::ptrdiff_t>(place.record), copy);
}
void remove(const Place& place) {
  place.batches.erase(place.batches.begin() + static_cast<std::ptrdiff_t>(place.batch));
}
void cut(const Place& place) {
  place.batches.resize(place.batch);
}
/// Two neighbours change places, each with the numbers of the other.
void reorder(const Place& place) {
  auto &one = place.batches[place.batch].batch, &other = place.batches[place.batch + 1].batch;
  std::swap(one.records, other.records);
}

using Change = std::function<void(const Place&)>;
Change rechained(void (*what)(const Place&)) {
  return [what](const Place& place) {
    what(place);
    rechain(place.batches, place.batch);
  };
}

const std::map<std::string, Change>& changes() {
  static const std::map<std::string, Change> all{
      {"change", change},
      {"change-rechained", rechained(change)},
      {"insert", insert},
      {"insert-rechained", rechained(insert)},
      {"delete", remove},
      {"delete-rechained", rechained(remove)},
      {"reorder", reorder},
      {"reorder-rechained", rechained(reorder)},
      {"truncate", cut},
      {"fork-and-sign",
       [](const Place& place) {
         change(place);
         sign_anew(place.batches, place.partition, place.batch);
       }},
  };
  return all;
}

Place place_of(Batches& batches, PartitionId partition, Seq seq) {
  for (std::size_t i = 0; i < batches.size(); ++i)
    for (std::size_t j = 0; j < batches[i].batch.records.size(); ++j)
      if (batches[i].batch.records[j].seq == seq) return {batches, i, j, partition};
  fail("there is no such position");
}

/// The rows of two partitions change places, each with the partition's number made to fit.
void swap_shards(Store& store, PartitionId one, PartitionId other) {
  auto first = load(store, one), second = load(store, other);
  for (auto& stored : first) stored.batch.partition = other;
  for (auto& stored : second) stored.batch.partition = one;
  save(store, one, second);
  save(store, other, first);
}

int run(const std::string& folder, const std::string& what, PartitionId partition, Seq seq) {
  EmbeddedOptions options;
  options.folder = folder;
  auto opened = open_store(options, rocksdb::Env::Default());
  if (!opened) fail(opened.error().detail);
  auto& store = *opened.value();
  if (what == "swap-shards") {
    swap_shards(store, partition, static_cast<PartitionId>(seq));
  } else {
    auto batches = load(store, partition);
    const auto place = place_of(batches, partition, seq);
    changes().at(what)(place);
    save(store, partition, batches);
  }
  // Whoever cuts the log cuts what is noted of its length too.
  std::filesystem::remove(std::filesystem::path(folder) / "heads");
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace hub::log

int main(int argc, char** argv) {
  if (argc != 5) hub::log::fail("usage: hub_tamper LOG_FOLDER WHAT PARTITION SEQ");
  return hub::log::run(argv[1], argv[2], static_cast<hub::PartitionId>(std::strtoul(argv[3], nullptr, 10)),
                       std::strtoull(argv[4], nullptr, 10));
}
