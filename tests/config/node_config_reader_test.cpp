#include "config/node_config_reader.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

using namespace serval;
using namespace std::chrono_literals;

namespace {

std::string message_of(std::string_view text,
                       const std::vector<std::string>& overrides = {}) {
  auto config = parse_node_config(text, "n.toml", overrides);
  REQUIRE_FALSE(config.has_value());
  return config.error().message;
}

void check_contains(const std::string& text, std::string_view part) {
  INFO(text);
  INFO(part);
  CHECK(text.find(part) != std::string::npos);
}

std::string file_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace

TEST_CASE("every key is read into its field") {
  auto config = parse_node_config(R"(
[node]
name = "n1"
data_dir = "/d"
loops = 2
pool_threads = 3
shutdown_grace = "1s"
[http]
listen = "0.0.0.0:0"
body_max = "1MiB"
head_max = "2KiB"
connections_max = 5
head_timeout = "1s"
body_timeout = "2s"
idle_timeout = "3s"
write_timeout = "4s"
access_log = false
tls_certificate_file = "/c"
tls_key_file = "/k"
tls_client_ca_file = "/ca"
[rpc]
listen = "127.0.0.1:1"
body_max = "3MiB"
[admin]
listen = "[::1]:2"
artifact_max = "4MiB"
[auth]
tokens_file = "/t"
[worker]
start_timeout = "5s"
hang_kill = "6s"
[cluster]
name = "shop"
listen = "127.0.0.1:3"
advertise = "10.0.0.1:3"
zone = "a"
join = ["10.0.0.2:3", "[fd00::1]:3"]
labels = ["gpu"]
cpu = 7
memory = "5MiB"
certificate_file = "/nc"
key_file = "/nk"
authority_file = "/na"
[log]
level = "debug"
format = "json"
file = "/l"
redact = ["pin"]
)",
                                  "n.toml", {});
  REQUIRE(config);
  CHECK(config->node.name == "n1");
  CHECK(config->node.data_dir == "/d");
  CHECK(config->node.loops == 2);
  CHECK(config->node.pool_threads == 3);
  CHECK(config->node.shutdown_grace == 1s);
  CHECK(config->http.listen == listen_address{"0.0.0.0", 0});
  CHECK(config->http.body_max == byte_count{1 << 20});
  CHECK(config->http.head_max == byte_count{2048});
  CHECK(config->http.connections_max == 5);
  CHECK(config->http.head_timeout == 1s);
  CHECK(config->http.body_timeout == 2s);
  CHECK(config->http.idle_timeout == 3s);
  CHECK(config->http.write_timeout == 4s);
  CHECK_FALSE(config->http.access_log);
  CHECK(config->rpc.listen == listen_address{"127.0.0.1", 1});
  CHECK(config->rpc.body_max == byte_count{3 << 20});
  CHECK(config->admin.listen == listen_address{"::1", 2});
  CHECK(config->admin.artifact_max == byte_count{4 << 20});
  CHECK(config->worker.start_timeout == 5s);
  CHECK(config->worker.hang_kill == 6s);
  CHECK(config->cluster.name == "shop");
  CHECK(config->cluster.listen == listen_address{"127.0.0.1", 3});
  CHECK(config->cluster.advertise == "10.0.0.1:3");
  CHECK(config->cluster.zone == "a");
  CHECK(config->cluster.join
        == std::vector<std::string>{"10.0.0.2:3", "[fd00::1]:3"});
  CHECK(config->cluster.labels == std::vector<std::string>{"gpu"});
  CHECK(config->cluster.cpu == 7);
  CHECK(config->cluster.memory == byte_count{5 << 20});
  CHECK(config->cluster.certificate_file == "/nc");
  CHECK(config->cluster.key_file == "/nk");
  CHECK(config->cluster.authority_file == "/na");
  CHECK(config->log.level == log_level::debug);
  CHECK(config->log.format == log_format::json);
  CHECK(config->log.file == "/l");
  CHECK(config->log.redact == std::vector<std::string>{"pin"});
  CHECK(config->http.tls == tls_files{"/c", "/k", "/ca"});
  CHECK(config->auth.tokens_file == "/t");
}

TEST_CASE("overrides win over the file, also in sections it lacks") {
  auto config = parse_node_config("[node]\nname = \"a\"\n", "n.toml",
                                  {"node.name=b", "http.listen=127.0.0.1:0",
                                   "http.access_log=false", "node.loops=3"});
  REQUIRE(config);
  CHECK(config->node.name == "b");
  CHECK(config->node.loops == 3);
  CHECK(config->http.listen.port == 0);
  CHECK_FALSE(config->http.access_log);
}

TEST_CASE("all problems are told together, each with its place") {
  auto text = message_of("[node]\nloops = 1000\nnaem = \"x\"\n"
                         "[http]\nhead_timeout = \"0s\"\nlisten = \"x\"\n"
                         "[htpt]\n[log]\nlevel = \"loud\"\n",
                         {"http.body_max=1", "nope"});
  check_contains(text, "n.toml has 8 problems:");
  check_contains(text, "n.toml:2:9: node.loops: must be 0 to 256, is 1000");
  check_contains(text, "n.toml:3:8: node.naem: unknown key; did you mean "
                       "\"name\"?");
  check_contains(text, "n.toml:5:16: http.head_timeout: must be 10ms to 10m, "
                       "is 0s");
  check_contains(text, "n.toml:6:10: http.listen: \"x\" is no address");
  check_contains(text, "htpt: unknown key; did you mean \"http\"?");
  check_contains(text, "log.level: must be one of \"debug\"");
  check_contains(text, "--set http.body_max=1: http.body_max: \"1\" is no "
                       "size");
  check_contains(text, "--set nope: must have the form KEY=VALUE");
}

TEST_CASE("listeners that others can reach need what keeps others out") {
  auto problem_of = [](std::string_view text) {
    return message_of(text, {"rpc.listen=0.0.0.0:1", "admin.listen=[::]:2"});
  };
  constexpr std::string_view rpc_tls
    = "[rpc]\ntls_certificate_file = \"c\"\ntls_key_file = \"k\"\n";
  constexpr std::string_view admin_tls
    = "[admin]\ntls_certificate_file = \"c\"\ntls_key_file = \"k\"\n";
  constexpr std::string_view tokens = "[auth]\ntokens_file = \"t\"\n";
  auto open = problem_of("");
  check_contains(open, "rpc.listen: 0.0.0.0:1 can be reached from other "
                       "machines, which needs rpc.tls_certificate_file");
  check_contains(open, "admin.listen: [::]:2 can be reached from other "
                       "machines, which needs auth.tokens_file and "
                       "admin.tls_certificate_file");
  for (auto part : {admin_tls, tokens})
    check_contains(problem_of(std::string{rpc_tls} + std::string{part}),
                   "admin.listen");
  CHECK(parse_node_config(std::string{rpc_tls} + std::string{admin_tls}
                            + std::string{tokens},
                          "n",
                          {"rpc.listen=0.0.0.0:1", "admin.listen=[::]:2"})
          .has_value());
  CHECK(parse_node_config("[http]\nlisten = \"0.0.0.0:1\"", "n", {})
          .has_value());
}

TEST_CASE("a memory bound that no daemon could keep is refused") {
  check_contains(message_of("", {"node.memory_max=63MiB"}),
                 "node.memory_max: must be at least 64MiB");
  CHECK(parse_node_config("[node]\nmemory_max = \"64MiB\"", "n", {}));
}

TEST_CASE("a certificate needs its key, and the reverse") {
  for (std::string section : {"http", "rpc", "admin"}) {
    auto alone = [&](const std::string& key) {
      return message_of("", {section + "." + key + "=f"});
    };
    check_contains(alone("tls_certificate_file"),
                   "needs " + section + ".tls_key_file");
    check_contains(alone("tls_key_file"),
                   "needs " + section + ".tls_certificate_file");
    check_contains(alone("tls_client_ca_file"),
                   "needs " + section + ".tls_certificate_file");
  }
}

TEST_CASE("nodes speak in the clear on loopback only") {
  constexpr std::string_view open = "[cluster]\nname = \"shop\"\n"
                                    "listen = \"10.0.0.1:9460\"\n";
  check_contains(message_of(open),
                 "n.toml:3:10: cluster.listen: 10.0.0.1:9460 can be reached "
                 "from other machines, which needs cluster.certificate_file");
  std::vector<std::string> files{"cluster.certificate_file=c",
                                 "cluster.key_file=k",
                                 "cluster.authority_file=a"};
  CHECK(parse_node_config(open, "n", files).has_value());
  for (std::size_t without = 0; without < files.size(); ++without) {
    auto some = files;
    some.erase(some.begin() + static_cast<std::ptrdiff_t>(without));
    check_contains(message_of(open, some), "give all three or none");
  }
  CHECK(parse_node_config("[cluster]\nlisten = \"10.0.0.1:9460\"", "n", {})
          .has_value());
}

TEST_CASE("a node of a cluster says where others find it") {
  auto problem_of = [](const std::string& setting) {
    return message_of("[cluster]\nname = \"shop\"\n",
                      {"cluster." + setting, "cluster.certificate_file=c",
                       "cluster.key_file=k", "cluster.authority_file=a"});
  };
  check_contains(problem_of("listen=0.0.0.0:9460"),
                 "0.0.0.0:9460 is no address that others can connect to; "
                 "cluster.advertise must say which one is");
  check_contains(problem_of("advertise=10.0.0.1:0"),
                 "nobody can connect to \"10.0.0.1:0\"");
  check_contains(problem_of("join=[\"node2\"]"),
                 "cluster.join: 'node2' is no address: it has no port");
  check_contains(problem_of("join=[\"0.0.0.0:9460\"]"),
                 "nobody can connect to \"0.0.0.0:9460\"");
  check_contains(problem_of("join=[\"unix:/a\"]"),
                 "nobody can connect to \"unix:/a\"");
  check_contains(problem_of("labels=[\"two words\"]"),
                 "cluster.labels: \"two words\" must be 1 to 64 letters");
  check_contains(problem_of("name=a/b"), "cluster.name: must be 1 to 64");
  check_contains(message_of("[cluster]\njoin = [\"10.0.0.2:1\"]"),
                 "cluster.join: needs cluster.name");
}

TEST_CASE("a database is named by where it is, who asks, and what for") {
  auto config = parse_node_config(R"([store]
kind = "mysql"
host = "db.lan"
port = 3307
user = "serval"
password_file = "/secret"
database = "serval"
authority_file = "/ca.crt"
lease = "5s"
)",
                                  "n.toml", {});
  REQUIRE(config);
  CHECK(config->store.kind == store_kind::mysql);
  CHECK(config->store.host == "db.lan");
  CHECK(config->store.port == 3307);
  CHECK(config->store.user == "serval");
  CHECK(config->store.password_file == "/secret");
  CHECK(config->store.database == "serval");
  CHECK(config->store.authority_file == "/ca.crt");
  CHECK(config->store.lease == 5s);
}

TEST_CASE("a store that cannot be reached as it is written is refused") {
  auto some = "[store]\nkind = \"mysql\"\n";
  auto text = message_of(some);
  check_contains(text, "n.toml:2:8: store.kind: the database needs "
                       "store.socket or store.host");
  check_contains(text, "the database needs store.user");
  check_contains(text, "the database needs store.database");
  check_contains(message_of(some, {"store.socket=/s", "store.host=h"}),
                 "store.host: the database needs store.socket or store.host, "
                 "and not both");
  check_contains(message_of("[store]\nuser = \"serval\"\n"),
                 "n.toml:2:8: store.user: is of use only with store.kind = "
                 "\"mysql\"");
  check_contains(message_of("[store]\nkind = \"postgres\"\n"), "store.kind");
  check_contains(message_of("[store]\nlease = \"10ms\"\n"),
                 "store.lease: must be 1s to 1h");
}

TEST_CASE("an empty file is the default configuration") {
  auto config = parse_node_config("", "n.toml", {});
  REQUIRE(config);
  CHECK(config->admin.listen.port == 9470);
}

TEST_CASE("configs/node.toml shows every setting at its default") {
  auto text = file_text(SERVAL_SOURCE_ROOT "/configs/node.toml");
  REQUIRE(parse_node_config(text, "node.toml", {}).has_value());
  std::vector<std::string> shown;
  std::string section;
  std::size_t at = 0;
  while (at < text.size()) {
    auto end = text.find('\n', at);
    auto line = text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with('['))
      section = line.substr(1, line.size() - 2);
    else if (!line.empty() && !line.starts_with('#'))
      shown.push_back(section + "." + line);
  }
  CHECK(shown == describe_defaults());
}

TEST_CASE("configs/README.md lists every setting with its default") {
  auto text = file_text(SERVAL_SOURCE_ROOT "/configs/README.md");
  for (const auto& line : describe_defaults()) {
    auto space = line.find(" = ");
    check_contains(text, "| `" + line.substr(0, space) + "` | `"
                           + line.substr(space + 3) + "`");
  }
}
