#include "link/client_calls.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::literals;

namespace {

struct fixture {
  client::reply_handler note() {
    return [this](client_reply reply) { replies.push_back(std::move(reply)); };
  }

  void tell(std::optional<client_calls::ended> ended) {
    REQUIRE(ended);
    ended->tell();
  }

  time_point now{10s};
  client_calls calls;
  std::vector<client_reply> replies;
};

rpc_reply_message reply_of(client::ticket id, const outcome& result) {
  return {id, outcome_view{result}, 0ms, "r-1"};
}

} // namespace

TEST_CASE("a reply reaches its caller once") {
  fixture f;
  f.calls.add(1, std::nullopt, f.note());
  auto answer = outcome::success("answer");
  f.tell(f.calls.on_reply(reply_of(1, answer)));
  CHECK(f.replies[0].ok());
  CHECK(f.replies[0].status == 200);
  CHECK(f.replies[0].body == "answer");
  CHECK(f.replies[0].request_id == "r-1");
  CHECK_FALSE(f.calls.on_reply(reply_of(1, answer)));
  CHECK_FALSE(f.calls.end(1, {}));
}

TEST_CASE("a failure has the status that HTTP would give it") {
  fixture f;
  for (client::ticket id = 1; id <= 3; ++id)
    f.calls.add(id, std::nullopt, f.note());
  auto rejected = outcome::reject(418, "teapot");
  auto died = outcome::failure(errc::worker_died, "died", true);
  f.tell(f.calls.on_reply(reply_of(1, rejected)));
  f.tell(f.calls.on_reply(reply_of(2, died)));
  auto busy = reply_of(3, outcome::failure(errc::overload, ""));
  busy.retry_after = 1500ms;
  busy.outcome.body = {};
  f.tell(f.calls.on_reply(busy));
  CHECK(f.replies[0].status == 418);
  CHECK(f.replies[0].code == "rejected");
  CHECK(f.replies[1].status == 502);
  CHECK(f.replies[1].code == "worker_died");
  CHECK(f.replies[1].maybe_executed);
  CHECK(f.replies[2].status == 503);
  CHECK(f.replies[2].retry_after == 1500ms);
  CHECK_FALSE(f.replies[2].ok());
}

TEST_CASE("calls are overdue in the order of their deadlines") {
  fixture f;
  f.calls.add(1, f.now + 3s, f.note());
  f.calls.add(2, f.now + 1s, f.note());
  f.calls.add(3, f.now + 1s, f.note());
  f.calls.add(4, std::nullopt, f.note());
  CHECK(f.calls.next_deadline() == f.now + 1s);
  CHECK(f.calls.overdue(f.now) == 0);
  CHECK(f.calls.overdue(f.now + 1s) == 2);
  CHECK(f.calls.end(2, {}));
  CHECK(f.calls.overdue(f.now + 1s) == 3);
  CHECK(f.calls.end(3, {}));
  CHECK(f.calls.overdue(f.now + 1s) == 0);
  CHECK(f.calls.next_deadline() == f.now + 3s);
  CHECK(f.calls.end(1, {}));
  CHECK_FALSE(f.calls.next_deadline());
}

TEST_CASE("a lost connection ends every call in progress") {
  fixture f;
  for (client::ticket id = 1; id <= 3; ++id)
    f.calls.add(id, f.now + 1s, f.note());
  auto ended = f.calls.end_all(local_reply(errc::link_lost, "gone", true));
  CHECK(ended.size() == 3);
  CHECK(ended[0].reply.status == 502);
  CHECK(ended[0].reply.maybe_executed);
  CHECK_FALSE(f.calls.next_deadline());
}
