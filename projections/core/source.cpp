#include "projections/core/source.hpp"

#include <rocksdb/db.h>

#include "projections/core/bytes.hpp"

namespace hub::projections {
namespace {

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

struct Source::Range {
  std::string prefix;
  std::string rows;  ///< prefix of the rows an index leads to; empty: these are the rows
  std::string end;
  rocksdb::Slice lower, upper;
  const rocksdb::DB& db;
  std::unique_ptr<rocksdb::Iterator> at;
  std::string fetched;
  std::size_t number;

  Range(const StoreView& view, std::string of, std::string rows_of, bool scans, std::size_t its_number)
      : prefix(std::move(of)), rows(std::move(rows_of)), end(after_prefix(prefix)), db(view.db()), number(its_number) {
    lower = slice(prefix);
    upper = slice(end);
    rocksdb::ReadOptions options;
    options.snapshot = view.snapshot();
    options.fill_cache = !scans;
    options.iterate_lower_bound = &lower;
    options.iterate_upper_bound = &upper;
    at.reset(view.db().NewIterator(options));
  }

  std::string_view place() const { return std::string_view(at->key().data(), at->key().size()).substr(prefix.size()); }

  void start(Order order, const std::optional<Place>& after) {
    const bool back = order == Order::oldest_first;
    if (!after) {
      back ? at->SeekToLast() : at->SeekToFirst();
    } else {
      std::string key = prefix;
      append_place(key, after->created_at, after->id);
      back ? at->SeekForPrev(slice(key)) : at->Seek(slice(key));
      if (at->Valid() && at->key() == slice(key)) back ? at->Prev() : at->Next();
    }
    check();
  }
  void step(Order order) {
    order == Order::oldest_first ? at->Prev() : at->Next();
    check();
  }
  void check() const {
    if (!at->status().ok()) stop_on_bad_read(db, at->status());
  }
};

Source::Source(const StoreView& view, Order order, bool scans) : view_(&view), order_(order), scans_(scans) {}
Source::~Source() = default;
Source::Source(Source&&) noexcept = default;

void Source::add_rows(std::string prefix) {
  ranges_.push_back(std::make_unique<Range>(*view_, std::move(prefix), std::string(), scans_, ranges_.size()));
}

void Source::add_index(std::string prefix, std::string rows) {
  ranges_.push_back(std::make_unique<Range>(*view_, std::move(prefix), std::move(rows), scans_, ranges_.size()));
}

void Source::start(const std::optional<Place>& after) {
  for (const auto& range : ranges_) range->start(order_, after);
  settle();
}

void Source::next() {
  current_->step(order_);
  settle();
}

std::string_view Source::place() const {
  return current_->place();
}

std::string_view Source::row() {
  if (current_->rows.empty()) return {current_->at->value().data(), current_->at->value().size()};
  auto row = view_->get(current_->rows + std::string(place()));
  // Links and rows are written by the same fold, and this is one snapshot.
  HUB_ASSERT(row);
  current_->fetched = std::move(*row);
  return current_->fetched;
}

std::size_t Source::range() const {
  return current_->number;
}

void Source::settle() {
  current_ = nullptr;
  for (const auto& range : ranges_) {
    if (!range->at->Valid()) continue;
    const bool before = current_ == nullptr || (order_ == Order::oldest_first ? range->place() > current_->place()
                                                                              : range->place() < current_->place());
    if (before) current_ = range.get();
  }
}

}  // namespace hub::projections
