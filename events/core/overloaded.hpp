#pragma once

namespace hub {

/// For std::visit with one lambda an alternative.
template <class... Functions>
struct overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
overloaded(Functions...) -> overloaded<Functions...>;

}  // namespace hub
