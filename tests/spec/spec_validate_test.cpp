#include "spec/spec_validate.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace serval;
using namespace std::chrono_literals;

namespace {

app_spec good_spec() {
  app_spec spec;
  spec.name = "a";
  spec.route = "/a";
  spec.entry = "b";
  spec.plugin = "p.so";
  backend_spec backend;
  backend.name = "b";
  spec.backends = {backend};
  return spec;
}

/// The keys of what is wrong after `change`.
std::vector<std::string> wrong_after(std::function<void(app_spec&)> change) {
  auto spec = good_spec();
  change(spec);
  std::vector<std::string> keys;
  for (const auto& each : validate(spec)) {
    CHECK_FALSE(each.message.empty());
    keys.push_back(each.key);
  }
  return keys;
}

using keys = std::vector<std::string>;

} // namespace

TEST_CASE("a good spec has no problem") {
  CHECK(validate(good_spec()).empty());
}

TEST_CASE("names that could hurt a path, a terminal or a URL are refused") {
  using namespace std::literals;
  for (auto name : {""sv, "../x"sv, "a/b"sv, "a\nb"sv, "%00"sv, "."sv, ".."sv,
                    "-rf"sv, "a b"sv, "a\0b"sv, "\u202egnp.exe"sv, "a.b"sv,
                    "\xff"sv}) {
    CAPTURE(name);
    CHECK_FALSE(is_valid_name(name));
    CHECK(wrong_after([&](app_spec& s) { s.name = name; }) == keys{"name"});
  }
  CHECK_FALSE(is_valid_name(std::string(65, 'a')));
  CHECK(is_valid_name(std::string(64, 'a')));
  CHECK(is_valid_name("bank_monitor-2"));
}

TEST_CASE("routes are plain absolute paths") {
  for (auto route : {"", "a", "/a/", "//", "/a//b", "/../etc", "/a/./b", "/a b",
                     "/a?b", "/a#b", "/%2e", "/a\nb", "/*"}) {
    CAPTURE(route);
    CHECK(wrong_after([&](app_spec& s) { s.route = route; }) == keys{"route"});
  }
  for (auto route : {"/", "/a", "/a/b-c_d.e~f"}) {
    CAPTURE(route);
    CHECK(wrong_after([&](app_spec& s) { s.route = route; }).empty());
  }
}

TEST_CASE("time-outs and failure limits of a backend have bounds") {
  auto told = [](auto change) {
    return wrong_after([&](app_spec& s) { change(s.backends[0]); });
  };
  CHECK(told([](auto& b) { b.start_timeout = 0s; }).empty());
  CHECK(told([](auto& b) { b.start_timeout = 1h; }).empty());
  CHECK(told([](auto& b) { b.start_timeout = 1ms; })
        == keys{"backend.b.start_timeout"});
  CHECK(told([](auto& b) { b.start_timeout = 2h; })
        == keys{"backend.b.start_timeout"});
  CHECK(told([](auto& b) { b.start_failures = 0; })
        == keys{"backend.b.start_failures"});
  CHECK(told([](auto& b) { b.health_period = 0s; }).empty());
  CHECK(told([](auto& b) { b.health_period = 1ms; })
        == keys{"backend.b.health_period"});
  CHECK(told([](auto& b) { b.health_timeout = 0s; })
        == keys{"backend.b.health_timeout"});
  CHECK(told([](auto& b) { b.health_failures = 1001; })
        == keys{"backend.b.health_failures"});
}

TEST_CASE("what a worker needs of its node has bounds") {
  auto told = [](auto change) {
    return wrong_after([&](app_spec& s) { change(s.backends[0]); });
  };
  CHECK(told([](auto& b) { b.cpu = 0.25; }).empty());
  CHECK(told([](auto& b) { b.cpu = -1; }) == keys{"backend.b.cpu"});
  CHECK(told([](auto& b) { b.cpu = 5000; }) == keys{"backend.b.cpu"});
  CHECK(told([](auto& b) { b.labels = {"gpu"}; }).empty());
  CHECK(told([](auto& b) { b.labels = {"no label"}; })
        == keys{"backend.b.labels"});
  CHECK(told([](auto& b) { b.max_per_node = 1'000'000; })
        == keys{"backend.b.max_per_node"});
}

TEST_CASE("a path to read is absolute, also one of the configuration") {
  auto told = [](const char* path) {
    auto spec = good_spec();
    spec.config["data_dir"] = "/srv/data";
    spec.config["relative"] = "data";
    spec.config["number"] = std::int64_t{7};
    spec.backends[0].read = {path};
    auto problems = validate(spec);
    return problems.empty() ? std::string{} : problems.at(0).message;
  };
  CHECK(told("/srv") == "");
  CHECK(told("${data_dir}") == "");
  CHECK(told("srv") == "\"srv\" must be an absolute path");
  CHECK(told("${relative}")
        == "\"${relative}\" is \"data\", which must be an absolute path");
  for (auto path : {"${number}", "${absent}", "${}"})
    CHECK(told(path)
          == "\"" + std::string{path}
               + "\" must name a path in the configuration of the backend");
}

TEST_CASE("every bound is kept, and all broken ones are told at once") {
  CHECK(wrong_after([](app_spec& s) { s.entry = "c"; }) == keys{"entry"});
  CHECK(wrong_after([](app_spec& s) { s.entry = ""; }) == keys{"entry"});
  CHECK(wrong_after([](app_spec& s) { s.deadline = 0s; }) == keys{"deadline"});
  CHECK(wrong_after([](app_spec& s) { s.deadline = 25h; }) == keys{"deadline"});
  CHECK(wrong_after([](app_spec& s) { s.max_requests = 0; })
        == keys{"max_requests"});
  CHECK(wrong_after([](app_spec& s) { s.methods = {}; }) == keys{"methods"});
  CHECK(wrong_after([](app_spec& s) { s.methods = {"post"}; })
        == keys{"methods"});
  CHECK(wrong_after([](app_spec& s) { s.methods = {"GET", "GET"}; })
        == keys{"methods"});
  CHECK(wrong_after([](app_spec& s) { s.plugin = ""; }) == keys{"plugin"});
  CHECK(wrong_after([](app_spec& s) { s.plugin_sha256 = "xyz"; })
        == keys{"plugin_sha256"});
  CHECK(wrong_after([](app_spec& s) { s.backends.clear(); })
        == keys{"backend"});
  CHECK(wrong_after([](app_spec& s) {
          auto& b = s.backends[0];
          b.workers = 0;
          b.concurrency = 0;
          b.stack_bytes = 1;
          b.memory_bytes = 1;
          b.read = {"relative"};
        })
        == keys{"backend.b.workers", "backend.b.concurrency",
                "backend.b.stack", "backend.b.memory", "backend.b.read"});
  CHECK(wrong_after([](app_spec& s) {
          s.backends[0].memory_bytes = 64 << 20;
          s.backends[0].isolation = isolation::in_line;
        })
        == keys{"backend.b.memory"});
  CHECK(wrong_after([](app_spec& s) { s.backends.push_back(s.backends[0]); })
        == keys{"backend"});
}
