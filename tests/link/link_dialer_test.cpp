#include "link/link_dialer.hpp"

#include "link/back_off.hpp"
#include "link/link_listener.hpp"
#include "link/pumped_loop.hpp"
#include "link/recorder.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::literals;

namespace {

struct fixture {
  void listen(link_address address) {
    auto opened
      = link_listener::open(loop.context(), address,
                            address_sharing::none, [&](unique_fd fd) {
                              link = peer_link{loop.context(), fd.release(),
                                               {}, server};
                            });
    REQUIRE(opened);
    listener = std::move(*opened);
  }

  dial_settings impatient() {
    dial_settings result;
    result.pause_min = 1ms;
    result.pause_max = 5ms;
    return result;
  }

  pumped_loop loop;
  link_recorder server;
  link_recorder client;
  link_listener listener;
  peer_link link;
};

} // namespace

TEST_CASE("a dialer connects, and connects again after a loss") {
  fixture f;
  f.listen(*parse_link_address("127.0.0.1:0"));
  link_dialer dialer{f.loop.context(), f.listener.address(), {},
                     f.impatient(),    1,                    f.client};
  CHECK_FALSE(dialer.send(traffic_class::request, as_bytes_view("early")));
  f.loop.run_until([&] { return f.client.ready == 1; });
  CHECK(dialer.send(traffic_class::request, as_bytes_view("hello")));
  f.loop.run_until([&] { return f.server.messages.size() == 1; });
  f.link.close();
  f.loop.run_until([&] { return f.client.ready == 2; });
  CHECK(f.client.closed >= 1);
  CHECK(f.client.reason->message.find("trying again in") != std::string::npos);
}

TEST_CASE("a name is looked up, and all that it stands for is tried") {
  fixture f;
  f.listen(*parse_link_address("127.0.0.1:0"));
  // It may stand for ::1 as well, where nobody listens.
  auto address = f.listener.address();
  address.host = "localhost";
  REQUIRE(address.is_name());
  link_dialer dialer{f.loop.context(), address, {}, f.impatient(), 1, f.client};
  f.loop.run_until([&] { return f.client.ready == 1; });
}

TEST_CASE("a dialer starts over when it is asked to") {
  fixture f;
  f.listen(*parse_link_address("127.0.0.1:0"));
  link_dialer dialer{f.loop.context(), f.listener.address(), {},
                     f.impatient(),    1,                    f.client};
  dialer.start_over({errc::bad_request, "there is no link yet"});
  CHECK(f.client.closed == 0);
  f.loop.run_until([&] { return f.client.ready == 1; });
  dialer.start_over({errc::bad_request, "nonsense"});
  CHECK(f.client.closed == 1);
  CHECK(f.client.reason->message.find("nonsense; trying again in")
        != std::string::npos);
  CHECK_FALSE(dialer.ready());
  f.loop.run_until([&] { return f.client.ready == 2; });
}

TEST_CASE("a dialer reports each attempt that fails and goes on") {
  fixture f;
  f.listen(*parse_link_address("127.0.0.1:0"));
  auto address = f.listener.address();
  f.listener.close();
  link_dialer dialer{f.loop.context(), address, {}, f.impatient(), 1,
                     f.client};
  f.loop.run_until([&] { return f.client.closed == 3; });
  CHECK(f.client.reason->code == errc::link_lost);
  CHECK(f.client.reason->message.find(address.to_string())
        != std::string::npos);
  f.listen(address);
  f.loop.run_until([&] { return f.client.ready == 1; });
}

TEST_CASE("a dialer that is gone calls nobody") {
  fixture f;
  f.listen(*parse_link_address("127.0.0.1:0"));
  {
    link_dialer dialer{f.loop.context(), f.listener.address(), {},
                       f.impatient(),    1,                    f.client};
  }
  f.loop.context().run_for(20ms);
  CHECK(f.client.ready == 0);
  CHECK(f.client.closed == 0);
}

TEST_CASE("pauses double up to the maximum, and no two peers' are the same") {
  back_off one{100ms, 1s, 1};
  back_off two{100ms, 1s, 2};
  duration range = 100ms;
  for (int i = 0; i < 8; ++i) {
    auto pause = one.failed();
    CHECK(pause >= range / 2);
    CHECK(pause <= range);
    CHECK(pause != two.failed());
    range = std::min<duration>(range * 2, 1s);
  }
  one.succeeded();
  CHECK(one.failed() <= 100ms);
}
