#include "proxy/ingress.hpp"

#include "base/sha256.hpp"
#include "proxy/fake_entry.hpp"

#include <boost/json/parse.hpp>

#include <doctest/doctest.h>

#include <optional>

using namespace serval;
using namespace std::chrono_literals;

namespace {

time_point test_now{10s};

class test_exchange final : public http_exchange {
public:
  explicit test_exchange(std::string_view method, std::string_view path,
                         std::vector<header_field> fields = {}) {
    request_.head.method = method;
    request_.head.path = path;
    request_.head.fields = std::move(fields);
    request_.body = "body";
    request_.received_at = test_now;
  }

  http_request& request() noexcept override {
    return request_;
  }

  void respond(http_response response) override {
    REQUIRE_FALSE(answer);
    answer = std::move(response);
  }

  std::optional<http_response> answer;

private:
  http_request request_;
};

class test_observer : public request_observer {
public:
  void request_started(std::string_view app) override {
    seen += "+" + std::string{app};
  }

  void request_finished(std::string_view app, int status,
                        duration latency) override {
    seen += " -" + std::string{app} + ":" + std::to_string(status) + ":"
            + std::to_string(latency / 1ms);
  }

  void request_refused(std::string_view app, int status) override {
    seen += "!" + std::string{app} + ":" + std::to_string(status);
  }

  std::string seen;
};

class test_sink : public access_log_sink {
public:
  bool take(std::string& lines) override {
    taken += std::exchange(lines, {});
    return true;
  }

  std::string taken;
};

struct fixture {
  fixture() {
    test_now = time_point{10s};
    std::vector<route> routes
      = {{.path = "/a", .application = "app", .methods = {"POST"},
          .deadline = 3s, .entry = &entry},
         {.path = "/down", .application = "down", .methods = {"POST"}}};
    subject.use(std::make_shared<routing_table>(std::move(routes)));
  }

  http_response answer_to(test_exchange& exchange) {
    subject.handle(exchange);
    REQUIRE(exchange.answer);
    return *exchange.answer;
  }

  boost::json::value line() {
    subject.tick();
    return boost::json::parse(sink.taken);
  }

  fake_entry entry;
  test_observer observer;
  test_sink sink;
  access_log log{sink};
  ingress subject{{[] { return test_now; }, [] { return wall_time{}; }, 1},
                  observer,
                  &log};
};

} // namespace

TEST_CASE_FIXTURE(fixture, "a request is handed on with what its fields say") {
  test_exchange exchange{"POST", "/a/b",
                         {{"x-request-id", "r1"},
                          {"traceparent", "00-1-2-01"},
                          {"x-request-timeout-seconds", "0.5"},
                          {"x-request-priority", "low"}}};
  subject.handle(exchange);
  CHECK_FALSE(exchange.answer);
  CHECK(entry.started.back().body == "body");
  CHECK(entry.started.back().context.request_id == "r1");
  CHECK(entry.started.back().context.trace_parent == "00-1-2-01");
  CHECK(entry.started.back().context.deadline == test_now + 500ms);
  CHECK(entry.started.back().context.priority == priority::low);
  test_now += 7ms;
  entry.reply(1, outcome::success("[1]"));
  REQUIRE(exchange.answer);
  CHECK(exchange.answer->status == 200);
  CHECK(exchange.answer->request_id == "r1");
  CHECK(exchange.answer->body == "[1]");
  CHECK(observer.seen == "+app -app:200:7");
  auto logged = line();
  CHECK(logged.at("route").as_string() == "/a");
  CHECK(logged.at("app").as_string() == "app");
  CHECK(logged.at("request_id").as_string() == "r1");
  CHECK(logged.at("bytes_in").as_int64() == 4);
  CHECK(logged.at("bytes_out").as_int64() == 3);
}

TEST_CASE_FIXTURE(fixture, "answers name their worker only if that is wanted") {
  ingress naming{{[] { return test_now; }, [] { return wall_time{}; }, 1, true},
                 observer,
                 nullptr};
  std::vector<route> routes
    = {{.path = "/a", .application = "app", .methods = {"POST"},
        .deadline = 3s, .entry = &entry}};
  naming.use(std::make_shared<routing_table>(std::move(routes)));
  auto answer = outcome::success("x");
  answer.worker = {17};
  for (auto* each : {&subject, &naming}) {
    test_exchange exchange{"POST", "/a"};
    each->handle(exchange);
    entry.reply(entry.tickets, answer);
    REQUIRE(exchange.answer);
    auto& fields = exchange.answer->fields;
    CHECK(fields.size() == (each == &naming ? 1 : 0));
    for (auto& field : fields) {
      CHECK(field.name == "x-serval-worker");
      CHECK(field.value == "17");
    }
  }
}

TEST_CASE_FIXTURE(fixture, "without fields a request gets an id and the "
                           "application's deadline") {
  test_exchange exchange{"POST", "/a"};
  entry.answer_at_once = [](auto&) { return outcome::success("x"); };
  auto answer = answer_to(exchange);
  CHECK(answer.request_id.size() == 15);
  CHECK(entry.started.back().context.request_id == answer.request_id);
  CHECK(entry.started.back().context.deadline == test_now + 3s);
}

TEST_CASE_FIXTURE(fixture, "what is not for an application is answered here") {
  struct row {
    std::string_view method;
    std::string_view path;
    header_field field;
    int status;
  };
  for (auto& [method, path, field, status] : {
         row{"POST", "/", {"x", ""}, 404},
         row{"POST", "/ab", {"x", ""}, 404},
         row{"GET", "/a", {"x", ""}, 405},
         row{"POST", "/a", {"x-request-timeout-seconds", "-1"}, 400},
         row{"POST", "/a", {"content-encoding", "gzip"}, 415},
         row{"POST", "/down", {"x", ""}, 503},
         row{"OPTIONS", "*", {"x", ""}, 204},
       }) {
    CAPTURE(path);
    test_exchange exchange{method, path, {field}};
    auto answer = answer_to(exchange);
    CHECK(answer.status == status);
    CHECK(answer.request_id.size() == 15);
    CHECK(entry.tickets == 0);
    if (status == 405) {
      REQUIRE(answer.fields.size() == 1);
      CHECK(answer.fields[0].name == "allow");
      CHECK(answer.fields[0].value == "POST");
    }
  }
  CHECK(observer.seen == "!:404!:404!app:405!app:400!app:415!down:503!:204");
}

TEST_CASE_FIXTURE(fixture, "a client that is gone cancels its request") {
  test_exchange exchange{"POST", "/a"};
  subject.handle(exchange);
  test_now += 1ms;
  subject.client_gone(exchange);
  CHECK(entry.cancelled == std::vector<request_entry::ticket>{1});
  CHECK_FALSE(exchange.answer);
  CHECK(observer.seen == "+app -app:499:1");
  CHECK(line().at("status").as_int64() == 499);
}

TEST_CASE_FIXTURE(fixture, "a request keeps its route when the table is "
                           "replaced") {
  test_exchange exchange{"POST", "/a"};
  subject.handle(exchange);
  subject.use(std::make_shared<routing_table>());
  test_exchange late{"POST", "/a"};
  CHECK(answer_to(late).status == 404);
  entry.reply(1, outcome::failure(errc::worker_died, "secret", true));
  REQUIRE(exchange.answer);
  CHECK(exchange.answer->status == 502);
  CHECK(observer.seen == "+app!:404 -app:502:0");
}

TEST_CASE_FIXTURE(fixture, "many requests at a time are told apart") {
  std::vector<std::unique_ptr<test_exchange>> exchanges;
  for (int i = 0; i < 100; ++i) {
    exchanges.push_back(std::make_unique<test_exchange>("POST", "/a"));
    subject.handle(*exchanges.back());
  }
  for (request_entry::ticket i = 100; i > 0; --i)
    entry.reply(i, outcome::success(std::to_string(i)));
  for (std::size_t i = 0; i < 100; ++i) {
    REQUIRE(exchanges[i]->answer);
    CHECK(exchanges[i]->answer->body == std::to_string(i + 1));
  }
}

TEST_CASE_FIXTURE(fixture, "what the server refuses by itself is counted and "
                           "logged") {
  subject.refused(431, "the header fields are too large");
  CHECK(observer.seen == "!:431");
  CHECK(line().at("status").as_int64() == 431);
}

TEST_CASE_FIXTURE(fixture, "a guarded application takes requests with its "
                           "token only, and others are not affected") {
  auto table = token_table::parse("t call app " + sha256_hex("hush") + "\n"
                                    + "u call other " + sha256_hex("shh")
                                    + "\n",
                                  "tokens");
  REQUIRE(table);
  subject.use(std::make_shared<const token_table>(*table));
  auto status_with = [&](std::string_view path, std::string_view field) {
    std::vector<header_field> fields;
    if (!field.empty())
      fields.push_back({"authorization", field});
    test_exchange early{"POST", path, fields};
    auto refused = subject.refuse(early.request().head);
    test_exchange exchange{"POST", path, fields};
    subject.handle(exchange);
    auto status = exchange.answer ? exchange.answer->status : 0;
    CHECK((refused ? refused->status : 0)
          == (status == 401 || status == 403 ? status : 0));
    return status;
  };
  CHECK(status_with("/a", "") == 401);
  CHECK(status_with("/a", "Bearer hus") == 401);
  CHECK(status_with("/a/b", "Bearer shh") == 403);
  CHECK(status_with("/down", "") == 503);
  CHECK(status_with("/nowhere", "") == 404);
  subject.tick();
  CHECK(sink.taken.find("hus") == std::string::npos);
  CHECK(sink.taken.find("shh") == std::string::npos);
  subject.use(token_table_ptr{});
  CHECK(status_with("/down", "") == 503);
}
