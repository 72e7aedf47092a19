// Goal: what an RPC client's messages lead to. Method: a session without a
// socket, an application whose answers the test gives, and a clock of its own.

#include "proxy/rpc_session.hpp"

#include "base/sha256.hpp"
#include "proxy/fake_entry.hpp"
#include "wire/damage.hpp"

#include <doctest/doctest.h>

#include <optional>

using namespace serval;
using namespace std::literals;

namespace {

time_point test_now;

struct fixture {
  explicit fixture(rpc_settings settings = {})
    : ingress(with_clocks(settings), observer, nullptr) {
    test_now = time_point{100s};
    std::vector<route> routes;
    routes.push_back(
      {.path = "/a", .application = "app", .deadline = 3s, .entry = &entry});
    routes.push_back({.path = "/d", .application = "down"});
    ingress.table = std::make_shared<routing_table>(std::move(routes));
    session.emplace(
      ingress,
      [this](bytes_view bytes, std::uint64_t) {
        return send(bytes);
      },
      [this] { ++broken; });
  }

  static rpc_settings with_clocks(rpc_settings settings) {
    settings.now = [] { return test_now; };
    settings.wall_now = [] { return wall_time{}; };
    return settings;
  }

  result<void> send(bytes_view bytes) {
    if (send_fails_with && bytes.size() > 200)
      return error{*send_fails_with, "no"};
    kept.emplace_back(bytes);
    auto message = decode_rpc_message(kept.back().view());
    REQUIRE(message);
    replies.push_back(std::get<rpc_reply_message>(*message));
    return {};
  }

  result<void> receive(const rpc_message& message) {
    aligned_bytes bytes{encoder.encode(message)};
    return session->receive(bytes.view());
  }

  /// A refused call's reply.
  rpc_reply_message refused(const rpc_call_message& call) {
    REQUIRE(receive(call));
    REQUIRE(replies.size() == 1);
    CHECK(entry.started.empty());
    return replies[0];
  }

  fake_entry entry;
  fake_observer observer;
  rpc_ingress ingress;
  rpc_encoder encoder;
  std::vector<aligned_bytes> kept;
  std::vector<rpc_reply_message> replies;
  std::optional<errc> send_fails_with;
  int broken = 0;
  std::optional<rpc_session> session;
};

rpc_call_message call(std::uint64_t id) {
  rpc_call_message result;
  result.id = id;
  result.application = "app";
  result.body = "question";
  return result;
}

} // namespace

TEST_CASE("a call starts a request with all that the client asked for") {
  fixture f;
  auto message = call(7);
  message.remaining = 2s;
  message.priority = priority::low;
  message.request_id = "r-1";
  message.trace_parent = "00-a-b-01";
  REQUIRE(f.receive(message));
  REQUIRE(f.entry.started.size() == 1);
  const auto& request = f.entry.started[0];
  CHECK(request.body == "question");
  CHECK(request.context.deadline == test_now + 2s);
  CHECK(request.context.priority == priority::low);
  CHECK(request.context.request_id == "r-1");
  CHECK(request.context.trace_parent == "00-a-b-01");
  f.entry.reply(1, outcome::success("answer"));
  REQUIRE(f.replies.size() == 1);
  CHECK(f.replies[0].id == 7);
  CHECK(f.replies[0].outcome.ok());
  CHECK(f.replies[0].outcome.body == "answer");
  CHECK(f.replies[0].request_id == "r-1");
  CHECK(f.session->size() == 0);
  CHECK(f.observer.seen == "+app -app:200");
}

TEST_CASE("a client that sets no deadline or id gets the application's and "
          "one of the server's") {
  fixture f;
  REQUIRE(f.receive(call(1)));
  CHECK(f.entry.started[0].context.deadline == test_now + 3s);
  CHECK(f.entry.started[0].context.request_id.size() == 15);
}

TEST_CASE("a deadline that has passed or is absurd is no deadline trick") {
  fixture f;
  auto message = call(1);
  message.remaining = -1s;
  REQUIRE(f.receive(message));
  CHECK(f.entry.started[0].context.deadline == test_now);
  message.id = 2;
  message.remaining = duration::max();
  REQUIRE(f.receive(message));
  CHECK(f.entry.started[1].context.deadline > test_now);
}

TEST_CASE("calls are answered in any order, each to its own id") {
  fixture f;
  for (std::uint64_t id : {5, 6, 7})
    REQUIRE(f.receive(call(id)));
  f.entry.reply(3, outcome::success("c"));
  f.entry.reply(1, outcome::success("a"));
  f.entry.reply(2, outcome::success("b"));
  REQUIRE(f.replies.size() == 3);
  CHECK(f.replies[0].id == 7);
  CHECK(f.replies[1].id == 5);
  CHECK(f.replies[1].outcome.body == "a");
}

TEST_CASE("an answer that is there at once is sent at once") {
  fixture f;
  f.entry.answer_at_once = [](const external_request& request) {
    return outcome::success("re: " + request.body);
  };
  REQUIRE(f.receive(call(1)));
  REQUIRE(f.replies.size() == 1);
  CHECK(f.replies[0].outcome.body == "re: question");
  CHECK(f.session->size() == 0);
}

TEST_CASE("the client learns of a failure what HTTP would tell it") {
  fixture f;
  REQUIRE(f.receive(call(1)));
  SUBCASE("a rejection comes through") {
    f.entry.reply(1, outcome::reject(404, "no such bank"));
    CHECK(f.replies[0].outcome.code == errc::rejected);
    CHECK(f.replies[0].outcome.reject_status == 404);
    CHECK(f.replies[0].outcome.body == "no such bank");
    CHECK(f.observer.seen == "+app -app:404");
  }
  SUBCASE("a message of user code does not") {
    f.entry.reply(1, outcome::failure(errc::user_error, "secret", true));
    CHECK(f.replies[0].outcome.code == errc::user_error);
    CHECK(f.replies[0].outcome.body.find("secret") == std::string_view::npos);
  }
  SUBCASE("whether it may have run") {
    f.entry.reply(1, outcome::failure(errc::worker_died, "", true));
    CHECK(f.replies[0].outcome.maybe_executed);
  }
  SUBCASE("when to try again") {
    f.entry.reply(1, outcome::failure(errc::overload, ""));
    CHECK(f.replies[0].retry_after > 0ms);
  }
  SUBCASE("that it was cancelled, though not by itself") {
    f.entry.reply(1, outcome::failure(errc::cancelled, ""));
    CHECK(f.replies[0].outcome.code == errc::unavailable);
  }
}

TEST_CASE("a cancelled call is cancelled in the application and not answered") {
  fixture f;
  REQUIRE(f.receive(call(1)));
  REQUIRE(f.receive(rpc_cancel_message{1}));
  CHECK(f.entry.cancelled == std::vector<request_entry::ticket>{1});
  CHECK(f.session->size() == 0);
  CHECK(f.observer.seen == "+app -app:499");
  REQUIRE(f.receive(call(1)));
  CHECK(f.session->size() == 1);
}

TEST_CASE("cancels of unknown calls are harmless, however many") {
  fixture f;
  for (std::uint64_t id = 0; id < 1'000; ++id)
    REQUIRE(f.receive(rpc_cancel_message{id}));
  CHECK(f.entry.cancelled.empty());
}

TEST_CASE("a client that goes cancels all of its requests") {
  fixture f;
  for (std::uint64_t id = 1; id <= 3; ++id)
    REQUIRE(f.receive(call(id)));
  f.session.reset();
  CHECK(f.entry.cancelled.size() == 3);
  CHECK(f.replies.empty());
}

TEST_CASE("what cannot be started is refused with the reason") {
  fixture f;
  auto message = call(1);
  SUBCASE("unknown application") {
    message.application = "nobody";
    auto reply = f.refused(message);
    CHECK(reply.outcome.code == errc::not_found);
    CHECK(reply.outcome.body == "no application is called nobody");
    CHECK(f.observer.seen == "!:404");
  }
  SUBCASE("application without workers") {
    message.application = "down";
    auto reply = f.refused(message);
    CHECK(reply.outcome.code == errc::no_worker);
    CHECK(reply.retry_after > 0ms);
    CHECK(f.observer.seen == "!down:503");
  }
  SUBCASE("a request id that could forge log lines") {
    message.request_id = "a\nb";
    CHECK(f.refused(message).outcome.code == errc::bad_request);
  }
  SUBCASE("a request id that is too long") {
    std::string longer(129, 'x');
    message.request_id = longer;
    CHECK(f.refused(message).outcome.code == errc::bad_request);
  }
  SUBCASE("a node that is stopping") {
    f.ingress.stopping = true;
    CHECK(f.refused(message).outcome.code == errc::unavailable);
  }
}

TEST_CASE("bodies and calls beyond the limits are refused") {
  fixture f{{.body_bytes = 8, .in_flight = 2}};
  auto message = call(1);
  message.body = "too long!";
  CHECK(f.refused(message).outcome.code == errc::body_too_large);
  for (std::uint64_t id = 1; id <= 3; ++id)
    REQUIRE(f.receive(call(id)));
  CHECK(f.entry.started.size() == 2);
  REQUIRE(f.replies.size() == 2);
  CHECK(f.replies[1].id == 3);
  CHECK(f.replies[1].outcome.code == errc::overload);
}

TEST_CASE("a client that breaks the protocol is to be cut off") {
  fixture f;
  REQUIRE(f.receive(call(1)));
  CHECK_FALSE(f.receive(call(1)));
  CHECK_FALSE(f.receive(rpc_reply_message{1, {}, {}, {}}));
  CHECK_FALSE(f.session->receive(as_bytes_view("garbage!")));
}

TEST_CASE("an answer that is too long for the client becomes an error") {
  fixture f;
  REQUIRE(f.receive(call(1)));
  f.send_fails_with = errc::body_too_large;
  f.entry.reply(1, outcome::success(std::string(1'000, 'x')));
  REQUIRE(f.replies.size() == 1);
  CHECK(f.replies[0].outcome.code == errc::internal);
  CHECK(f.broken == 0);
}

TEST_CASE("a client that does not read its answers is broken") {
  fixture f;
  REQUIRE(f.receive(call(1)));
  f.send_fails_with = errc::overload;
  f.entry.reply(1, outcome::success(std::string(1'000, 'x')));
  CHECK(f.broken == 1);
}

TEST_CASE("a guarded application takes calls with its token only") {
  auto table = token_table::parse("t call app " + sha256_hex("hush") + "\n"
                                    + "u call other " + sha256_hex("shh")
                                    + "\n",
                                  "tokens");
  REQUIRE(table);
  rpc_call_message call;
  call.id = 1;
  call.application = "app";
  for (auto token : {"", "hus", "shh"}) {
    fixture f;
    f.ingress.tokens = std::make_shared<const token_table>(*table);
    call.token = token;
    auto reply = f.refused(call);
    CHECK(reply.outcome.code == errc::unauthorized);
  }
  fixture f;
  f.ingress.tokens = std::make_shared<const token_table>(*table);
  call.token = "hush";
  REQUIRE(f.receive(call));
  CHECK(f.entry.started.size() == 1);
}
