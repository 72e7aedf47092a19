#include "cli/scale_target.hpp"

#include "spec/spec_validate.hpp"

#include <fmt/format.h>

#include <charconv>

namespace serval {

result<scale_target> parse_scale_target(std::string_view text) {
  auto equals = text.find('=');
  auto name = text.substr(0, equals);
  auto digits = equals == std::string_view::npos ? std::string_view{}
                                                 : text.substr(equals + 1);
  scale_target target{std::string{name}, 0};
  auto [end, code] = std::from_chars(
    digits.data(), digits.data() + digits.size(), target.workers);
  if (!is_valid_name(name) || code != std::errc{}
      || end != digits.data() + digits.size() || target.workers < 1
      || target.workers > workers_max)
    return error{errc::bad_request,
                 fmt::format("\"{}\" must be BACKEND=WORKERS, with 1 to {} "
                             "workers",
                             text, workers_max)};
  return target;
}

} // namespace serval
