#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hub::stats {

/// How often values of about the same size occurred: from it quantiles are told with a relative error below 1 %. Values
/// below 128 are told exactly. Sketches are added by adding their counts, in any order.
class Sketch {
 public:
  /// A value below 0 counts as 0.
  void add(std::int64_t value, std::uint64_t times = 1);
  void add(const Sketch& other);

  std::uint64_t count() const;
  /// The value that a share of `q` (0 to 1) of all is not greater than; none when there are none.
  std::optional<std::int64_t> quantile(double q) const;

  void append_to(std::string& out) const;
  /// Takes what append_to() wrote off the front; false when it is not that.
  bool take_from(std::string_view& bytes);
  bool operator==(const Sketch&) const = default;

 private:
  using Bucket = std::pair<std::uint16_t, std::uint64_t>;  ///< number, count
  std::vector<Bucket> buckets_;                            ///< ascending; none is empty
};

}  // namespace hub::stats
