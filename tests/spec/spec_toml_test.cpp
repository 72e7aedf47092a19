#include "spec/spec_toml.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::chrono_literals;

namespace {

constexpr auto full_text = R"(
name = "bank_monitor"
route = "/banks"
entry = "strategy"
deadline = "1500ms"
max_requests = 7
methods = ["GET", "POST"]
on_partition = "keep"
plugin = "bank_monitor.so"

[config]
data_dir = "/tmp"

[backend.strategy]

[backend.storage]
memory = "256MiB"
start_timeout = "2m"
start_failures = 5
health_period = "30s"
health_timeout = "500ms"
health_failures = 1
cpu = 0.5
labels = ["gpu"]
max_per_node = 2

[backend.bank]
workers = 5
concurrency = 4
queue = 3
isolation = "inline"
workers_per_process = 8
idempotent = true
stack = "1MiB"
sandbox = "none"
read = ["/tmp"]
[backend.bank.config]
points = 12
)";

std::string message_of(std::string_view text,
                       const std::vector<std::string>& overrides = {}) {
  auto spec = parse_spec_toml(text, "app.toml", overrides);
  REQUIRE_FALSE(spec.has_value());
  return spec.error().message;
}

bool contains(const std::string& text, std::string_view part) {
  INFO(text);
  auto found = text.find(part) != std::string::npos;
  CHECK(found);
  return found;
}

} // namespace

TEST_CASE("every key of app.toml arrives in the spec") {
  auto spec = parse_spec_toml(full_text, "app.toml", {});
  REQUIRE(spec);
  CHECK(spec->name == "bank_monitor");
  CHECK(spec->route == "/banks");
  CHECK(spec->entry == "strategy");
  CHECK(spec->deadline == 1500ms);
  CHECK(spec->max_requests == 7);
  CHECK(spec->methods == std::vector<std::string>{"GET", "POST"});
  CHECK(spec->on_partition == partition_policy::keep);
  CHECK(spec->plugin == "bank_monitor.so");
  CHECK(spec->config == settings{{"data_dir", "/tmp"}});
  REQUIRE(spec->backends.size() == 3);
  CHECK(spec->backends[1].name == "storage");
  CHECK(spec->backends[1].memory_bytes == 256 << 20);
  CHECK(spec->backends[1].start_timeout == 2min);
  CHECK(spec->backends[1].start_failures == 5);
  CHECK(spec->backends[1].health_period == 30s);
  CHECK(spec->backends[1].health_timeout == 500ms);
  CHECK(spec->backends[1].health_failures == 1);
  CHECK(spec->backends[1].cpu == 0.5);
  CHECK(spec->backends[1].labels == std::vector<std::string>{"gpu"});
  CHECK(spec->backends[1].max_per_node == 2);
  CHECK(spec->backends[2].name == "strategy");
  const auto& bank = spec->backends[0];
  CHECK(bank.name == "bank");
  CHECK(bank.workers == 5);
  CHECK(bank.concurrency == 4);
  CHECK(bank.queue == 3);
  CHECK(bank.isolation == isolation::in_line);
  CHECK(bank.workers_per_process == 8);
  CHECK(bank.idempotent);
  CHECK(bank.stack_bytes == 1 << 20);
  CHECK(bank.sandbox == sandbox::none);
  CHECK(bank.read == std::vector<std::string>{"/tmp"});
  CHECK(bank.config == settings{{"points", std::int64_t{12}}});
}

TEST_CASE("overrides win over the file") {
  auto spec = parse_spec_toml(full_text, "app.toml",
                              {"config.data_dir=/srv", "config.new=1",
                               "backend.bank.workers=64",
                               "backend.strategy.isolation=inline",
                               "backend.bank.stack=64KiB"});
  REQUIRE(spec);
  CHECK(spec->config
        == settings{{"data_dir", "/srv"}, {"new", std::int64_t{1}}});
  CHECK(spec->backends[0].workers == 64);
  CHECK(spec->backends[0].stack_bytes == 64 * 1024);
  CHECK(spec->backends[2].isolation == isolation::in_line);
}

TEST_CASE("all problems are told together, each with its place") {
  auto text = message_of("name = \"a/b\"\n"
                         "entyr = \"b\"\n"
                         "deadline = \"10x\"\n"
                         "plugin = \"p\"\n"
                         "[backend.b]\n"
                         "workers = \"3\"\n",
                         {"backend.b.queue=many"});
  contains(text, "app.toml has 6 problems:");
  contains(text, "app.toml:1:8: name: must be 1 to 64 letters");
  contains(text, "app.toml:2:9: entyr: unknown key; did you mean \"entry\"?");
  contains(text, "app.toml:3:12: deadline: \"10x\" is no duration");
  contains(text, "app.toml:6:11: backend.b.workers: must be an integer");
  contains(text, "--set backend.b.queue=many: backend.b.queue: must be an "
                 "integer, is a string");
}

TEST_CASE("broken rules are told with their places") {
  auto text = message_of("name = \"a/b\"\n"
                         "entry = \"c\"\n"
                         "plugin = \"p\"\n"
                         "[backend.b]\n"
                         "workers = 0\n");
  contains(text, "app.toml:1:8: name: must be 1 to 64 letters");
  contains(text, "app.toml:5:11: backend.b.workers: must be 1 to");
  contains(text, "app.toml:2:9: entry: there is no backend \"c\"");
  contains(message_of("name = \"a\\u0007\"\n"), "app.toml:1:8: name");
  contains(message_of("name = \"a\"\nplugin_sha256 = \"00\"\n"),
           "plugin_sha256: unknown key");
}
