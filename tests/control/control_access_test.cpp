// The control API behind a list of tokens: each operation with each kind of
// token.

#include "control/control_api.hpp"

#include "base/sha256.hpp"
#include "control/fake_plane.hpp"
#include "support/temporary_directory.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <optional>

using namespace serval;

namespace {

namespace json = boost::json;

/// What a token's name says: its scope, and the application it is for.
const std::vector<std::string> token_names
  = {"read_all", "read_a", "read_b", "deploy_all", "deploy_a", "deploy_b",
     "admin_all", "admin_a", "admin_b", "call_all", "call_a"};

token_table_ptr make_tokens() {
  std::string text;
  for (const auto& name : token_names) {
    auto cut = name.find('_');
    auto app = name.substr(cut + 1);
    text += name + " " + name.substr(0, cut) + " "
            + (app == "all" ? "*" : app) + " " + sha256_hex("secret-" + name)
            + "\n";
  }
  auto table = token_table::parse(text, "tokens");
  REQUIRE(table);
  return std::make_shared<const token_table>(*table);
}

struct fixture {
  temporary_directory folder;
  fake_plane plane;
  artifact_store artifacts{folder.path().string()};
  control_api api{{plane, artifacts, [](auto job) { job(); },
                   [] { return node_info{}; },
                   []() -> std::optional<std::string> { return {}; },
                   [] { return std::string{"serval_up 1\n"}; },
                   [] { return std::string{"made-id"}; },
                   [](const std::string&) -> result<journal> {
                     return journal{{1}, {}};
                   },
                   [](const std::string&) -> result<store_summary> {
                     return store_summary{};
                   },
                   [](const std::string&, const std::string&) { return 0u; },
                   {},
                   [](const std::string&, const auto& reply) { reply({}); },
                   {},
                   [](std::uint64_t) { return result<void>{}; },
                   [](const std::string&, duration, auto reply) {
                     reply(upgraded{1, "2"});
                   }}};

  fixture() {
    api.use(make_tokens());
  }

  http_response ask(std::string_view method, std::string_view path,
                    const std::string& authorization,
                    std::string body = {}, std::string_view query = {}) {
    http_request request;
    request.head.method = method;
    request.head.path = path;
    request.head.query = query;
    request.head.host = "node.example:9470";
    request.body = std::move(body);
    if (!authorization.empty())
      request.head.fields = {{"Authorization", authorization}};
    std::optional<http_response> answer;
    api.handle(request, [&](http_response response) {
      answer = std::move(response);
    });
    REQUIRE(answer.has_value());
    early = api.refuse(request.head);
    return std::move(*answer);
  }

  http_response ask_as(std::string_view method, std::string_view path,
                       const std::string& name, std::string body = {}) {
    return ask(method, path, "Bearer secret-" + name, std::move(body));
  }

  std::optional<http_response> early; ///< What the head alone would have got.
};

struct operation {
  std::string_view method;
  std::string path;
  std::string body;
  int rank;      ///< 0 read, 1 deploy, 2 admin.
  char reach;    ///< 1: only application a; *: all of them; ?: any.
  bool head_tells = true; ///< Whether the head is enough to refuse.
};

const std::string deploy_a
  = R"({"name":"a","entry":"x","backend":{"x":{}},"plugin":"p"})";

const std::vector<operation> operations = {
  {"GET", "/metrics", "", 0, '*'},
  {"GET", "/v1/openapi.json", "", 0, '?'},
  {"GET", "/v1/node", "", 0, '?'},
  {"HEAD", "/v1/artifacts/" + sha256_hex("x"), "", 1, '?'},
  {"PUT", "/v1/artifacts/" + sha256_hex("x"), "x", 1, '?'},
  {"GET", "/v1/applications", "", 0, '?'},
  {"POST", "/v1/applications", deploy_a, 1, '1', false},
  {"GET", "/v1/applications/a", "", 0, '1'},
  {"DELETE", "/v1/applications/a", "", 2, '1'},
  {"POST", "/v1/applications/a/backends/x/scale", R"({"workers":1})", 1, '1'},
  {"POST", "/v1/applications/a/orphans/adopt", "", 1, '1'},
  {"POST", "/v1/applications/a/orphans/discard", "", 2, '1'},
  {"POST", "/v1/applications/a/app_master/restart", "", 1, '1'},
  {"GET", "/v1/applications/a/history", "", 0, '1'},
  {"POST", "/v1/node/upgrade", "{}", 2, '*'},
  {"POST", "/v1/backups", R"({"directory":"/b"})", 2, '*'},
};

int rank_of(std::string_view token) {
  return token.starts_with("read")     ? 0
         : token.starts_with("deploy") ? 1
         : token.starts_with("admin")  ? 2
                                       : -1;
}

bool is_for(std::string_view token, char reach) {
  return reach == '?' || token.ends_with("_all")
         || (reach == '1' && token.ends_with("_a"));
}

} // namespace

TEST_CASE_FIXTURE(fixture, "every operation but the probes refuses whoever has "
                           "no token, or none that is known, with 401") {
  for (const auto& each : operations)
    for (auto shown : {"", "Bearer wrong", "Bearer secret-read_al",
                       "Basic c2VjcmV0", "Bearer", "secret-admin_all"}) {
      CAPTURE(each.path);
      CAPTURE(shown);
      auto answer = ask(each.method, each.path, shown, each.body);
      CHECK(answer.status == 401);
      CHECK(answer.fields.back().name == "www-authenticate");
      // Already before the body is read.
      REQUIRE(early.has_value());
      CHECK(early->status == 401);
      CHECK(answer.body.find("wrong") == std::string::npos);
      CHECK(answer.body.find("secret") == std::string::npos);
    }
  CHECK(plane.last_spec.name.empty());
  CHECK(ask("GET", "/healthz", "").status == 200);
  CHECK(ask("GET", "/readyz", "").status == 200);
}

TEST_CASE_FIXTURE(fixture, "each token may do what its scope and application "
                           "allow, and gets 403 for all else") {
  for (const auto& each : operations)
    for (const auto& name : token_names) {
      CAPTURE(each.path);
      CAPTURE(name);
      auto allowed = rank_of(name) >= each.rank && is_for(name, each.reach);
      auto answer = ask_as(each.method, each.path, name, each.body);
      CHECK((answer.status == 403) == !allowed);
      CHECK(answer.status != 401);
      if (each.head_tells)
        CHECK(early.has_value() == !allowed);
      if (!allowed)
        CHECK(json::parse(answer.body).at("detail").as_string().find("scope")
              != std::string::npos);
    }
}

TEST_CASE_FIXTURE(fixture, "what there is not is told to readers only") {
  for (auto path : {"/", "/v1", "/v9/x", "/v1/applications/a/x"}) {
    CHECK(ask("GET", path, "").status == 401);
    CHECK(ask_as("GET", path, "call_all").status == 403);
    CHECK(ask_as("GET", path, "read_a").status == 404);
  }
  CHECK(ask("PATCH", "/v1/applications", "").status == 401);
  CHECK(ask_as("PATCH", "/v1/applications", "read_a").status == 405);
}

TEST_CASE_FIXTURE(fixture, "a token in the query is refused, a good one too") {
  for (auto query : {"token=secret-admin_all", "a=b&access_token=x"}) {
    CHECK(ask("GET", "/metrics", "", {}, query).status == 400);
    CHECK(ask("GET", "/metrics", "Bearer secret-admin_all", {}, query).status
          == 400);
  }
}

TEST_CASE_FIXTURE(fixture, "a list shows the applications of the token") {
  auto names = [&](const std::string& token) {
    std::string seen;
    auto answer = ask_as("GET", "/v1/applications", token);
    auto list = json::parse(answer.body);
    for (const auto& app : list.at("applications").as_array())
      seen += app.at("name").as_string().c_str();
    return seen;
  };
  auto all = names("read_all");
  CHECK(all.find('a') != std::string::npos);
  CHECK(names("read_a") == "a");
  CHECK(names("read_b").find('a') == std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "the journal is told whose token it was") {
  ask_as("DELETE", "/v1/applications/a", "admin_a");
  CHECK(plane.last_header.who == "admin_a");
}
