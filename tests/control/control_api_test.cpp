#include "control/control_api.hpp"

#include "base/sha256.hpp"
#include "control/fake_plane.hpp"
#include "control/openapi.hpp"
#include "spec/spec_json.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <stdlib.h>

#include <filesystem>
#include <set>

using namespace serval;

namespace {

namespace json = boost::json;

struct fixture {
  std::string folder;
  fake_plane plane;
  artifact_store artifacts;
  bool ready = true;
  journal history;
  std::string backup;
  std::string binary;
  duration patience{0};
  control_api api;

  fixture()
    : folder(make_folder()), artifacts(folder),
      api({plane, artifacts, [](auto job) { job(); },
           [] {
             return node_info{"n", "0.1", "1.2.3.4:1", "1.2.3.4:2",
                              "1.2.3.4:3", 7, std::chrono::seconds{9}};
           },
           [this]() -> std::optional<std::string> {
             if (ready)
               return {};
             return "recovering";
           },
           [] { return std::string{"serval_up 1\n"}; },
           [] { return std::string{"made-id"}; },
           [this](const std::string& app) -> result<journal> {
             return app == "a" ? history : journal{};
           },
           [this](const std::string& to) -> result<store_summary> {
             backup = to;
             return store_summary{1, 2, 3, 4, 4, {5}};
           },
           [](const std::string&, const std::string& backend) {
             return backend == "b" ? 1u : 0u;
           },
           {},
           [](const std::string&, const auto& reply) { reply({}); },
           {},
           [](std::uint64_t) { return result<void>{}; },
           [this](std::string from, duration within, auto reply) {
             binary = from;
             patience = within;
             reply(from == "/bad" ? result<upgraded>{error{
                                      errc::unavailable, "it crashed"}}
                                  : upgraded{8, "0.2"});
           }}) {
    // nop
  }

  ~fixture() {
    std::filesystem::remove_all(folder);
  }

  static std::string make_folder() {
    std::string name
      = std::filesystem::temp_directory_path() / "serval_control_XXXXXX";
    return ::mkdtemp(name.data());
  }

  http_response ask(std::string_view method, std::string_view path,
                    std::string body = {},
                    std::vector<header_field> fields = {}) {
    http_request request;
    request.head.method = method;
    request.head.target = path;
    request.head.path = path.substr(0, path.find('?'));
    if (auto mark = path.find('?'); mark != std::string_view::npos)
      request.head.query = path.substr(mark + 1);
    request.head.host = "localhost:9470";
    for (const auto& each : fields)
      if (each.name == "host")
        request.head.host = each.value;
    request.head.fields = std::move(fields);
    request.body = std::move(body);
    std::optional<http_response> answer;
    api.handle(request, [&](http_response response) {
      CHECK_FALSE(answer.has_value());
      answer = std::move(response);
    });
    REQUIRE(answer.has_value());
    if (answer->status >= 400)
      check_problem(*answer);
    return std::move(*answer);
  }

  static void check_problem(const http_response& response) {
    CHECK(response.content_type == "application/problem+json");
    auto problem = json::parse(response.body);
    CHECK(problem.at("status").as_int64() == response.status);
    CHECK_FALSE(problem.at("code").as_string().empty());
  }

  std::string upload(std::string bytes) {
    auto hash = sha256_hex(bytes);
    REQUIRE(ask("PUT", "/v1/artifacts/" + hash, bytes).status == 200);
    return hash;
  }
};

bool contains(const http_response& response, std::string_view part) {
  INFO(response.body);
  auto found = response.body.find(part) != std::string::npos;
  CHECK(found);
  return found;
}

std::string spec_json(const std::string& hash, std::string_view extra = "") {
  return R"({"name":"a","entry":"b","backend":{"b":{}},"plugin_sha256":")"
         + hash + "\"" + std::string{extra} + "}";
}

} // namespace

TEST_CASE_FIXTURE(fixture, "health, readiness, metrics and node answer") {
  CHECK(ask("GET", "/healthz").body == "ok\n");
  CHECK(ask("HEAD", "/healthz").status == 200);
  CHECK(ask("GET", "/readyz").status == 200);
  ready = false;
  contains(ask("GET", "/readyz"), "recovering");
  CHECK(ask("GET", "/readyz").status == 503);
  CHECK(ask("GET", "/metrics?name[]=x").body == "serval_up 1\n");
  auto node = json::parse(ask("GET", "/v1/node").body);
  CHECK(node.at("http") == "1.2.3.4:1");
  CHECK(node.at("uptime_seconds") == 9);
  CHECK(ask("GET", "/v1/openapi.json").body == openapi_json());
}

TEST_CASE_FIXTURE(fixture, "an uploaded plugin can be deployed") {
  auto hash = upload("plugin");
  CHECK(ask("HEAD", "/v1/artifacts/" + hash).status == 204);
  auto answer = ask("POST", "/v1/applications", spec_json(hash),
                    {{"x-operation-id", "op-1"}, {"x-reason", "a test"}});
  CHECK(answer.status == 202);
  CHECK(json::parse(answer.body).at("state") == "deploying");
  CHECK(plane.last_spec.plugin_sha256 == hash);
  CHECK(plane.last_header.operation_id == "op-1");
  CHECK(plane.last_header.reason == "a test");
  ask("POST", "/v1/applications", spec_json(hash));
  CHECK(plane.last_header.operation_id == "made-id");
}

TEST_CASE_FIXTURE(fixture, "a deploy without its plugin is refused") {
  CHECK(ask("POST", "/v1/applications", spec_json(sha256_hex("x"))).status
        == 409);
  contains(ask("POST", "/v1/applications",
               R"({"name":"a","entry":"b","backend":{"b":{}},"plugin":"p"})"),
           "plugin_sha256 is missing");
  CHECK(plane.last_spec.name.empty());
}

TEST_CASE_FIXTURE(fixture, "an artifact must have the hash it is named by") {
  CHECK(ask("PUT", "/v1/artifacts/" + sha256_hex("x"), "y").status == 400);
  for (auto name : {"ABC", "..", "x"})
    CHECK(ask("PUT", std::string{"/v1/artifacts/"} + name, "y").status == 400);
  CHECK(ask("HEAD", "/v1/artifacts/" + sha256_hex("x")).status == 404);
  CHECK(ask("HEAD", "/v1/artifacts/..").status == 404);
}

TEST_CASE_FIXTURE(fixture, "applications are listed, shown and deleted") {
  auto list = json::parse(ask("GET", "/v1/applications").body);
  CHECK(list.at("applications").as_array().size() == 1);
  CHECK(json::parse(ask("GET", "/v1/applications/a").body).at("name") == "a");
  CHECK(ask("GET", "/v1/applications/x").status == 404);
  CHECK(ask("DELETE", "/v1/applications/a").status == 204);
  CHECK(ask("DELETE", "/v1/applications/x").status == 404);
  plane.last_removed.clear();
  CHECK(ask("DELETE", "/v1/applications/a b").status == 404);
  CHECK(plane.last_removed.empty());
}

TEST_CASE_FIXTURE(fixture, "an app_master is restarted by its application's "
                           "name") {
  constexpr auto path = "/v1/applications/a/app_master/restart";
  auto answer = ask("POST", path, "", {{"x-reason", "stuck"}});
  CHECK(answer.status == 200);
  CHECK(json::parse(answer.body).at("name") == "a");
  CHECK(plane.last_restarted == "a");
  CHECK(plane.last_header.reason == "stuck");
  CHECK(ask("POST", path, "{}").status == 400);
  CHECK(ask("POST", "/v1/applications/x/app_master/restart").status == 404);
  CHECK(ask("POST", "/v1/applications/a b/app_master/restart").status == 404);
  CHECK(plane.last_restarted == "x");
}

TEST_CASE_FIXTURE(fixture, "orphans are adopted or discarded by their "
                           "application's name, for a reason") {
  auto decide = [&](const char* how, std::string_view app) {
    return ask("POST", fmt::format("/v1/applications/{}/orphans/{}", app, how),
               "", {{"x-reason", "old backup"}, {"x-operation-id", "once"}});
  };
  CHECK(decide("adopt", "a").status == 202);
  CHECK(plane.last_adopted == "a");
  CHECK(plane.last_discarded.empty());
  CHECK(decide("discard", "a").status == 202);
  CHECK(plane.last_discarded == "a");
  CHECK(plane.last_header.reason == "old backup");
  CHECK(plane.last_header.operation_id == "once");
  for (auto* how : {"adopt", "discard"}) {
    CHECK(decide(how, "x").status == 404);
    CHECK(decide(how, "a b").status == 404);
  }
  CHECK(decide("forget", "a").status == 404);
}

TEST_CASE_FIXTURE(fixture, "a status tells whom the dispatchers leave alone") {
  constexpr auto words = "1 of its workers get no calls";
  contains(ask("GET", "/v1/applications/a"), words);
  contains(ask("GET", "/v1/applications"), words);
}

TEST_CASE_FIXTURE(fixture, "decisions are told, of applications that exist") {
  auto answer = ask("GET", "/v1/applications/a/decisions");
  CHECK(answer.status == 200);
  auto told = json::parse(answer.body).at("decisions").as_array();
  REQUIRE(told.size() == 1);
  CHECK(told.at(0).at("about") == "worker b/1");
  CHECK(ask("GET", "/v1/applications/nobody/decisions").status == 404);
  CHECK(ask("GET", "/v1/applications/../decisions").status == 404);
  CHECK(ask("GET", "/v1/applications/a/decisions?last=1").status == 400);
  CHECK(ask("POST", "/v1/applications/a/decisions").status == 405);
}

TEST_CASE_FIXTURE(fixture, "scaling takes a sensible number of workers") {
  constexpr auto path = "/v1/applications/a/backends/b/scale";
  CHECK(ask("POST", path, R"({"workers":3})").status == 202);
  CHECK(plane.last_workers == 3);
  for (auto body :
       {"", "{}", "[]", "3", R"({"workers":0})", R"({"workers":-1})",
        R"({"workers":2147483648})", R"({"workers":4294967299})",
        R"({"workers":1.5})", R"({"workers":"3"})", R"({"workers":null})",
        R"({"workers":1e2})", R"({"workers":3,"workers":4})",
        R"({"workers":3,"force":true})", R"({"workers":3} x)"}) {
    CAPTURE(body);
    CHECK(ask("POST", path, body).status == 400);
  }
  CHECK(plane.last_workers == 3);
  contains(ask("POST", path, R"({"workers":3,"force":true})"),
           "force: unknown key");
}

TEST_CASE_FIXTURE(fixture, "an application's history is told, without its "
                           "specs") {
  history.last = {9};
  history.entries = {
    {{9}, {2}, wall_time{}, {{"op", "maria", "why"},
                             release_deployed{{3}, "secret", "c0ffee"}}}};
  auto answer = ask("GET", "/v1/applications/a/history");
  CHECK(answer.status == 200);
  contains(answer, R"("dropped":8)");
  contains(answer, R"("who":"maria")");
  contains(answer, R"("change":"release_deployed")");
  CHECK(answer.body.find("secret") == std::string::npos);
  CHECK(ask("GET", "/v1/applications/x/history").status == 404);
  CHECK(ask("GET", "/v1/applications/a b/history").status == 404);
}

TEST_CASE_FIXTURE(fixture, "a backup goes to an absolute path") {
  auto answer = ask("POST", "/v1/backups", R"({"directory":"/b"})");
  CHECK(answer.status == 200);
  CHECK(backup == "/b");
  contains(answer, R"("epoch":5)");
  for (auto body : {"", "{}", R"({"directory":"b"})", R"({"directory":""})",
                    R"({"directory":3})", R"({"directory":"/c","x":1})"}) {
    CAPTURE(body);
    CHECK(ask("POST", "/v1/backups", body).status == 400);
  }
  CHECK(backup == "/b");
}

TEST_CASE_FIXTURE(fixture, "a new process takes the place of the daemon") {
  auto answer = ask("POST", "/v1/node/upgrade",
                    R"({"binary":"/new","timeout":"5s"})");
  CHECK(answer.status == 200);
  contains(answer, R"("pid":8,"version":"0.2")");
  CHECK(binary == "/new");
  CHECK(patience == std::chrono::seconds{5});
  CHECK(ask("POST", "/v1/node/upgrade", "{}").status == 200);
  CHECK(binary.empty());
  CHECK(patience == std::chrono::minutes{1});
  answer = ask("POST", "/v1/node/upgrade", R"({"binary":"/bad"})");
  CHECK(answer.status == 503);
  contains(answer, "it crashed");
  binary = "not asked";
  for (auto body : {"", R"({"binary":"b"})", R"({"timeout":"0s"})",
                    R"({"timeout":"1h"})", R"({"timeout":5})", R"({"x":1})"}) {
    CAPTURE(body);
    CHECK(ask("POST", "/v1/node/upgrade", body).status == 400);
  }
  CHECK(binary == "not asked");
}

TEST_CASE_FIXTURE(fixture, "a malformed spec is told, key by key") {
  auto hash = upload("plugin");
  for (auto body : {std::string{}, std::string{"{"}, std::string{"[]"},
                    std::string(100'000, '[')})
    CHECK(ask("POST", "/v1/applications", body).status == 400);
  auto answer = ask("POST", "/v1/applications",
                    spec_json(hash, R"(,"replicas":3,"deadline":5)"));
  CHECK(answer.status == 400);
  contains(answer, "replicas: unknown key");
  contains(answer, "deadline: must be a duration");
  contains(ask("POST", "/v1/applications", spec_json(hash, R"(,"name":"b")")),
           "twice");
  CHECK(ask("POST", "/v1/applications", std::string(2 << 20, ' ')).status
        == 413);
  CHECK(ask("POST", "/v1/applications", spec_json(hash),
            {{"content-type", "text/plain"}})
          .status
        == 415);
  CHECK(ask("POST", "/v1/applications", spec_json(hash),
            {{"content-type", "application/json; charset=utf-8"}})
          .status
        == 202);
}

TEST_CASE_FIXTURE(fixture, "wrong methods and paths are told apart") {
  auto answer = ask("PUT", "/v1/applications", "{}");
  CHECK(answer.status == 405);
  REQUIRE(answer.fields.size() == 1);
  CHECK(answer.fields[0].name == "Allow");
  CHECK(answer.fields[0].value == "GET, HEAD, POST");
  CHECK(ask("GET", "/v1/nothing").status == 404);
  CHECK(ask("GET", "/v1/node?token=x").status == 400);
  CHECK(ask("GET", "/v1/node", "body").status == 400);
}

TEST_CASE_FIXTURE(fixture, "what a browser could be made to send is refused") {
  CHECK(ask("DELETE", "/v1/applications/a", "", {{"origin", "null"}}).status
        == 403);
  CHECK(ask("GET", "/v1/node", "", {{"host", "evil.example"}}).status == 403);
  CHECK(plane.last_removed.empty());
}
