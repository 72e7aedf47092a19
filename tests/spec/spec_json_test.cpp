#include "spec/spec_json.hpp"

#include "base/sha256.hpp"
#include "spec/json_document.hpp"
#include "spec/spec_validate.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>

using namespace serval;
using namespace std::chrono_literals;

namespace {

app_spec full_spec() {
  app_spec spec;
  spec.name = "bank_monitor";
  spec.route = "/banks";
  spec.entry = "strategy";
  spec.deadline = 1500ms;
  spec.max_requests = 7;
  spec.methods = {"GET", "POST"};
  spec.on_partition = partition_policy::stop;
  spec.plugin = "libbank_monitor.so";
  spec.plugin_sha256 = sha256_hex("plugin");
  spec.config = {{"data_dir", "/tmp/a \"b\""},
                 {"points", std::int64_t{288}},
                 {"alpha", 1.0},
                 {"on", true},
                 {"list", json_text{R"([1,"x",{"k":2}])"}}};
  backend_spec bank;
  bank.name = "bank";
  bank.workers = 500;
  bank.concurrency = 4;
  bank.queue = 0;
  bank.isolation = isolation::in_line;
  bank.workers_per_process = 8;
  bank.idempotent = true;
  bank.stack_bytes = 1 << 20;
  bank.sandbox = sandbox::none;
  bank.read = {"/tmp", "/srv"};
  bank.config = {{"points", std::int64_t{12}}};
  backend_spec strategy;
  strategy.name = "strategy";
  strategy.memory_bytes = 256 << 20;
  strategy.start_timeout = 2min;
  strategy.start_failures = 5;
  strategy.health_period = 0s;
  strategy.health_timeout = 500ms;
  strategy.health_failures = 1;
  strategy.cpu = 1.5;
  strategy.labels = {"gpu", "ssd"};
  strategy.max_per_node = 3;
  spec.backends = {bank, strategy};
  return spec;
}

std::string message_of(std::string_view text) {
  auto parsed = parse_spec_json(text);
  REQUIRE_FALSE(parsed.has_value());
  return parsed.error().message;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a spec survives JSON in every field, types of settings included") {
  auto spec = full_spec();
  REQUIRE(validate(spec).empty());
  auto back = parse_spec_json(to_canonical_json(spec));
  REQUIRE_MESSAGE(back.has_value(), (back ? "" : back.error().message));
  CHECK(*back == spec);
  CHECK(to_canonical_json(*back) == to_canonical_json(spec));
}

TEST_CASE("docs/app.md has every key of app.toml, and no other") {
  std::stringstream page;
  page << std::ifstream{SERVAL_SOURCE_ROOT "/docs/app.md"}.rdbuf();
  std::set<std::string> listed;
  for (std::string line; std::getline(page, line);)
    if (line.starts_with("| `"))
      listed.insert(line.substr(3, line.find('`', 3) - 3));
  auto document = parse_json_document(to_canonical_json(full_spec()), "spec");
  REQUIRE(document);
  auto app = std::get<doc_table>(document->data);
  auto backends = std::get<doc_table>(app.at("backend").data);
  // Nobody writes this one: it is the plugin's content.
  app.erase("plugin_sha256");
  std::set<std::string> known;
  for (const auto& [key, value] : app)
    known.insert(key);
  for (const auto& [name, backend] : backends)
    for (const auto& [key, value] : std::get<doc_table>(backend.data))
      known.insert(key);
  CHECK(listed == known);
}

TEST_CASE("canonical JSON does not change: journals and hashes hold it") {
  app_spec spec;
  spec.name = "a";
  spec.route = "/a";
  spec.entry = "b";
  spec.plugin = "p.so";
  backend_spec backend;
  backend.name = "b";
  spec.backends = {backend};
  CHECK(to_canonical_json(spec)
        == R"({"backend":{"b":{"concurrency":1,"config":{},"idempotent":false,)"
           R"("isolation":"process","queue":1024,"read":[],"sandbox":"strict",)"
           R"("stack":"256KiB","workers":1,"workers_per_process":0}},)"
           R"("config":{},"deadline":"10s","entry":"b","max_requests":1024,)"
           R"("methods":["POST"],"name":"a","plugin":"p.so",)"
           R"("plugin_sha256":"","route":"/a"})");
}

TEST_CASE("a release is named by its content, not by where the plugin lay") {
  auto spec = full_spec();
  auto hash = release_hash(spec);
  CHECK(is_sha256_hex(hash));
  spec.plugin = "/elsewhere/lib.so";
  CHECK(release_hash(spec) == hash);
  spec.plugin_sha256 = sha256_hex("other");
  CHECK(release_hash(spec) != hash);
}

TEST_CASE("keys may be left out and then have the defaults") {
  auto spec = parse_spec_json(
    R"({"name":"a","entry":"b","plugin":"p.so","backend":{"b":{}}})");
  REQUIRE(spec);
  CHECK(spec->route == "/a");
  CHECK(spec->deadline == 10s);
  backend_spec expected;
  expected.name = "b";
  CHECK(spec->backends == std::vector{expected});
}

TEST_CASE("unknown and duplicate keys and wrong types are errors, all named") {
  auto text = message_of(R"({"nmae":"a","entry":5,"plugin":"p.so",
    "backend":{"b":{"workers":"3","worker":1},"c":7}})");
  CHECK(contains(text, "nmae: unknown key; did you mean \"name\"?"));
  CHECK(contains(text, "entry: must be a string, is an integer"));
  CHECK(contains(text, "backend.b.workers: must be an integer, is a string"));
  CHECK(contains(text, "backend.b.worker: unknown key; did you mean"));
  CHECK(contains(text, "backend.c: must be a table"));
  CHECK(contains(message_of(R"({"name":"a","name":"b"})"), "\"name\" twice"));
  CHECK(contains(message_of("[]"), "must be a JSON object"));
  CHECK(contains(message_of("{"), "not valid JSON"));
}

TEST_CASE("numbers of workers that cannot be meant are refused") {
  for (auto number : {"0", "-1", "2147483648", "4294967297", "1.5", "\"3\"",
                      "null", "1e2", "true", "[]"}) {
    CAPTURE(number);
    auto text = message_of(
      std::string{R"({"name":"a","entry":"b","plugin":"p","backend":)"}
      + R"({"b":{"workers":)" + number + "}}}");
    CHECK(contains(text, "backend.b.workers"));
  }
}
