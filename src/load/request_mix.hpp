#pragma once

#include "base/random.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// Where the body of a request comes from.
struct body_source {
  enum class kind {
    text,      ///< `value` is the body.
    file,      ///< `value` is its path.
    directory, ///< Each file in `value` is one, equally often.
    generated, ///< `size` bytes of readable filler.
  };
  double weight = 1;
  kind from = kind::text;
  std::string value;
  std::uint64_t size = 0;
};

/// Reads "[WEIGHT*]SOURCE", where SOURCE is "@FILE", "@FOLDER/", "size:4KiB" or
/// the body itself.
result<body_source> parse_body_source(std::string_view text);

/// `size` printable bytes, always the same.
std::string generate_body(std::uint64_t size);

/// Bodies, and how often each is sent.
class request_mix {
public:
  /// REQUIRES: weight > 0.
  void add(std::string body, double weight);

  const std::vector<std::string>& bodies() const noexcept {
    return bodies_;
  }

  /// The index of the next body. REQUIRES: there is one.
  std::uint32_t choose(random_source& random) const noexcept;

private:
  std::vector<std::string> bodies_;
  /// The sum of the weights up to and with each body.
  std::vector<double> weights_until_;
};

} // namespace serval
