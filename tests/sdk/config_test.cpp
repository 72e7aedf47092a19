// The typed view of a backend's configuration.

#include "serval/config.hpp"

// Internals and SDK share a namespace; both must fit into one source.
#include "base/result.hpp"
#include "model/app_spec.hpp"
#include "model/outcome.hpp"
#include "serval/serval.hpp"
#include "serval/testing.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace {

using namespace std::chrono_literals;

const serval::config sample{{"folder", "/srv/data"}, {"points", 288},
                            {"ratio", 0.5},          {"strict", true},
                            {"patience", "250ms"},   {"big", 5'000'000'000}};

std::string message_of(auto function) {
  try {
    function();
  } catch (const serval::config_error& failure) {
    return failure.what();
  }
  return "no error";
}

} // namespace

TEST_CASE("a value is read as the type that is asked for") {
  CHECK(sample.get<std::string>("folder") == "/srv/data");
  CHECK(sample.get<int>("points") == 288);
  CHECK(sample.get<std::uint16_t>("points") == 288);
  CHECK(sample.get<double>("ratio") == 0.5);
  CHECK(sample.get<double>("points") == 288.0);
  CHECK(sample.get<bool>("strict"));
  CHECK(sample.get<std::chrono::milliseconds>("patience") == 250ms);
  CHECK(sample.get<std::chrono::nanoseconds>("patience") == 250ms);
}

TEST_CASE("a default serves only where the key is missing") {
  CHECK(sample.get("absent", 7) == 7);
  CHECK(sample.get("absent", "none") == "none");
  CHECK(sample.get("points", 7) == 288);
  CHECK_THROWS_AS(sample.get("folder", 7), serval::config_error);
}

TEST_CASE("a wrong or missing value is named, with what would be right") {
  CHECK(message_of([] { sample.get<int>("absent"); })
        == "config key \"absent\" is missing");
  CHECK(message_of([] { sample.get<std::uint8_t>("points"); })
        == "config key \"points\" must be a whole number from 0 to 255, but is "
           "288");
  CHECK(message_of([] { sample.get<bool>("folder"); })
        == "config key \"folder\" must be true or false, but is \"/srv/data\"");
  CHECK(message_of([] { sample.get<double>("strict"); })
        == "config key \"strict\" must be a number, but is true");
  CHECK(message_of([] { sample.get<std::chrono::seconds>("folder"); })
        == "config key \"folder\" must be a duration such as \"200ms\" (ns, "
           "us, ms, s, m or h), but is \"/srv/data\"");
}

TEST_CASE("a duration is a whole number and a known unit that fit together") {
  auto read = [](const char* text) {
    return serval::config{{"d", text}}.get<std::chrono::nanoseconds>("d");
  };
  CHECK(read("3ns") == 3ns);
  CHECK(read("3us") == 3us);
  CHECK(read("2m") == 2min);
  CHECK(read("1h") == 1h);
  for (auto bad : {"", "ms", "3", "3 ms", "3d", "0.5s", "3ms ", "99999999999h"})
    CHECK_THROWS_AS(read(bad), serval::config_error);
}

TEST_CASE("the host's settings are copied with their types") {
  std::string key = "n";
  std::string value = "41";
  serval_setting items[]
    = {{{key.data(), 1}, {value.data(), 2}, SERVAL_SETTING_INTEGER},
       {{"t", 1}, {nullptr, 0}, SERVAL_SETTING_TEXT}};
  serval_settings settings{sizeof(settings), 2, items};
  serval::config copy{settings};
  key = value = "xx";
  CHECK(copy.get<int>("n") == 41);
  CHECK(copy.get<std::string>("t").empty());
}
