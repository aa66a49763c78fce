#include "gateway/live/outbox.hpp"

#include <algorithm>

namespace hub::live {
namespace {

/// Room for items is moved together when so many at the front, or so many gaps, have come about.
constexpr std::size_t kTidyFrom = 256;

}  // namespace

std::size_t Outbox::push(LocalPrepared frame, std::uint32_t scope) {
  std::size_t replaced = 0;
  const bool keyed = !frame->coalesce_key.empty() && bytes_ >= coalesce_from_;
  if (keyed && replace_older(*frame, scope)) replaced = 1;
  bytes_ += frame->bytes.size();
  if (keyed) latest_[{scope, frame->coalesce_key}] = items_.size();
  items_.push_back({std::move(frame), scope});
  if (gaps_ >= kTidyFrom && gaps_ > (items_.size() - head_) / 2) close_gaps();
  return replaced;
}

bool Outbox::replace_older(const Prepared& frame, std::uint32_t scope) {
  const auto found = latest_.find({scope, frame.coalesce_key});
  if (found == latest_.end()) return false;
  const std::size_t index = found->second;
  latest_.erase(found);
  // A frame of which the first bytes are out has to go out whole.
  if (index < pinned_ || (index == head_ && offset_ > 0)) return false;
  bytes_ -= items_[index].frame->bytes.size();
  items_[index].frame.reset();
  ++gaps_;
  return true;
}

void Outbox::forget_key(const Item& item, std::size_t index) {
  if (latest_.empty() || item.frame->coalesce_key.empty()) return;
  const auto found = latest_.find({item.scope, item.frame->coalesce_key});
  if (found != latest_.end() && found->second == index) latest_.erase(found);
}

void Outbox::close_gaps() {
  std::size_t to = std::max(head_ + (offset_ > 0 ? 1 : 0), pinned_);
  for (std::size_t from = to; from < items_.size(); ++from) {
    if (!items_[from].frame) continue;
    if (from != to) {
      const Key key{items_[from].scope, items_[from].frame->coalesce_key};
      const auto found = key.text.empty() ? latest_.end() : latest_.find(key);
      if (found != latest_.end() && found->second == from) found->second = to;
      items_[to] = std::move(items_[from]);
    }
    ++to;
  }
  gaps_ -= items_.size() - to;
  items_.resize(to);
}

std::size_t Outbox::gather(std::span<boost::asio::const_buffer, kFramesPerWrite> buffers) {
  std::size_t count = 0, offset = offset_;
  pinned_ = head_;
  for (; pinned_ < items_.size() && count < kFramesPerWrite; ++pinned_) {
    const auto& frame = items_[pinned_].frame;
    if (!frame) continue;
    buffers[count++] = boost::asio::buffer(frame->bytes.data() + offset, frame->bytes.size() - offset);
    offset = 0;
  }
  return count;
}

std::size_t Outbox::sent(std::size_t bytes) {
  std::size_t frames = 0;
  pinned_ = 0;
  bytes_ -= bytes;
  bytes += offset_;
  for (; head_ < items_.size(); ++head_) {
    Item& item = items_[head_];
    if (!item.frame) {
      --gaps_;
      continue;
    }
    if (bytes < item.frame->bytes.size()) break;
    bytes -= item.frame->bytes.size();
    forget_key(item, head_);
    item.frame.reset();
    ++frames;
  }
  offset_ = bytes;
  if (head_ == items_.size()) {
    items_.clear();
    latest_.clear();
    head_ = 0;
  } else if (head_ >= kTidyFrom && head_ > items_.size() / 2) {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    for (auto& [key, index] : latest_) index -= head_;
    head_ = 0;
  }
  return frames;
}

}  // namespace hub::live
