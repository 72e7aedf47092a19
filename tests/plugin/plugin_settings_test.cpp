// A backend's settings on their way through the C boundary.

#include "plugin/plugin_settings.hpp"

#include "serval/config.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace {

const serval::settings sample{
  {"text", std::string{"a\0b", 3}},
  {"integer", std::numeric_limits<std::int64_t>::min()},
  {"number", 0.1},
  {"flag", true},
  {"list", serval::json_text{"[1,2]"}}};

} // namespace

TEST_CASE("every kind of setting arrives as it was") {
  serval::plugin_settings passed{sample};
  serval::config read{*passed.get()};
  CHECK(read.get<std::string>("text") == std::string{"a\0b", 3});
  CHECK(read.get<std::int64_t>("integer")
        == std::numeric_limits<std::int64_t>::min());
  CHECK(read.get<double>("number") == 0.1);
  CHECK(read.get<bool>("flag"));
  CHECK(read.get<std::string>("list") == "[1,2]");
  CHECK_THROWS_AS(read.get<int>("list"), serval::config_error);
}

TEST_CASE("settings are sorted by key and survive a move") {
  serval::plugin_settings first{sample};
  auto passed = std::move(first);
  auto all = passed.get();
  REQUIRE(all->count == sample.size());
  for (std::uint32_t i = 1; i < all->count; ++i) {
    auto key = [&](std::uint32_t at) {
      return std::string{all->items[at].key.data, all->items[at].key.size};
    };
    CHECK(key(i - 1) < key(i));
  }
}

TEST_CASE("no settings are settings, too") {
  serval::plugin_settings none{{}};
  CHECK(none.get()->count == 0);
}
