#include "load/request_mix.hpp"

#include "base/assert.hpp"
#include "load/number.hpp"
#include "spec/units.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace serval {

namespace {

constexpr std::uint64_t body_max = 64 * 1024 * 1024;

error bad_body(std::string_view text, std::string_view why) {
  return {errc::bad_request,
          fmt::format("cannot use the body \"{}\": {}", text, why)};
}

} // namespace

result<body_source> parse_body_source(std::string_view text) {
  body_source source;
  auto rest = text;
  if (auto star = rest.find('*'); star != std::string_view::npos) {
    // A body may contain a star of its own; only a number makes it a weight.
    if (auto weight = parse_number(rest.substr(0, star))) {
      if (*weight <= 0)
        return bad_body(text, "its weight must be more than 0");
      source.weight = *weight;
      rest.remove_prefix(star + 1);
    }
  }
  if (rest.starts_with("size:")) {
    auto size = parse_size(rest.substr(5));
    if (!size)
      return bad_body(text, size.error().message);
    if (*size > body_max)
      return bad_body(text, "the limit is 64MiB");
    source.from = body_source::kind::generated;
    source.size = *size;
    return source;
  }
  source.value = rest;
  if (rest.starts_with('@')) {
    source.value.erase(0, 1);
    source.from = rest.ends_with('/') ? body_source::kind::directory
                                      : body_source::kind::file;
  }
  return source;
}

std::string generate_body(std::uint64_t size) {
  constexpr std::string_view letters = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string body(size, '\0');
  for (std::size_t i = 0; i < body.size(); ++i)
    body[i] = letters[i % letters.size()];
  return body;
}

void request_mix::add(std::string body, double weight) {
  SERVAL_ASSERT(weight > 0);
  auto before = weights_until_.empty() ? 0 : weights_until_.back();
  bodies_.push_back(std::move(body));
  weights_until_.push_back(before + weight);
}

std::uint32_t request_mix::choose(random_source& random) const noexcept {
  if (bodies_.size() == 1)
    return 0;
  auto at = random.unit() * weights_until_.back();
  auto found = std::ranges::upper_bound(weights_until_, at);
  auto index = static_cast<std::size_t>(found - weights_until_.begin());
  return static_cast<std::uint32_t>(std::min(index, bodies_.size() - 1));
}

} // namespace serval
