#include "leader/leadership.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace serval;
using namespace std::chrono_literals;

namespace {

const lease_holder me{"n1", "127.0.0.1:9470", "127.0.0.1:9460", "b1"};
const lease_holder other{"n2", "127.0.0.1:9471", "127.0.0.1:9461",
                         "b2"};

time_point at(duration since_start) {
  return time_point{1h + since_start};
}

leadership make() {
  return leadership{{3s, 1s}, me, 1};
}

template <class Effect>
const Effect* find(const std::vector<leadership_effect>& effects) {
  for (const auto& each : effects)
    if (const auto* found = std::get_if<Effect>(&each))
      return found;
  return nullptr;
}

lease_answer granted(std::uint64_t epoch) {
  return {lease_grant{{epoch}, 3s}, {}};
}

lease_answer held_by(const lease_holder& who, std::uint64_t epoch,
                     errc code = errc::conflict) {
  return {error{code, "it is taken"}, lease_record{{epoch}, to_string(who)}};
}

const lease_answer unreachable{error{errc::unavailable, "no connection"}, {}};

leadership leading_since(time_point now, std::uint64_t epoch = 7) {
  auto uut = make();
  REQUIRE(find<ask_for_lease>(uut.on_timer(now)));
  auto begun = uut.on_answer(granted(epoch), now);
  REQUIRE(find<begin_term>(begun));
  CHECK(uut.view().role == leader_role::recovering);
  CHECK(uut.on_recovered({epoch}, {}, now).empty());
  return uut;
}

} // namespace

TEST_CASE("a node that has the lease and has read the journals leads") {
  auto uut = leading_since(at(0s));
  auto view = uut.view();
  CHECK(view.role == leader_role::leading);
  CHECK(view.epoch.value == 7);
  CHECK(view.leader == "n1");
  CHECK(view.leader_admin == "127.0.0.1:9470");
  CHECK(view.reason.empty());
  CHECK(uut.leads({7}, at(1s)));
  CHECK_FALSE(uut.leads({6}, at(1s)));
}

TEST_CASE("a node that follows says whom, and where that one can be asked") {
  auto uut = make();
  static_cast<void>(uut.on_timer(at(0s)));
  CHECK(uut.on_answer(held_by(other, 4), at(0s)).empty());
  auto view = uut.view();
  CHECK(view.role == leader_role::following);
  CHECK(view.epoch.value == 4);
  CHECK(view.leader == "n2");
  CHECK(view.leader_admin == "127.0.0.1:9471");
  CHECK(view.leader_address == "127.0.0.1:9461");
  CHECK(view.reason == "node \"n2\" leads");
  auto refusal = uut.refusal();
  CHECK(refusal.code == errc::unavailable);
  CHECK(refusal.message.find("\"n2\"") != std::string::npos);
  CHECK(refusal.message.find("127.0.0.1:9471") != std::string::npos);
}

TEST_CASE("a store that cannot be reached is the reason that is told") {
  auto uut = make();
  static_cast<void>(uut.on_timer(at(0s)));
  SUBCASE("from the beginning") {
    CHECK(uut.on_answer(unreachable, at(0s)).empty());
  }
  SUBCASE("after another has led") {
    static_cast<void>(uut.on_answer(held_by(other, 4), at(0s)));
    static_cast<void>(uut.on_timer(at(1s)));
    CHECK(uut.on_answer(unreachable, at(1s)).empty());
  }
  CHECK(uut.view().leader.empty());
  CHECK(uut.view().reason == "no connection");
  CHECK(uut.refusal().message.find("no connection") != std::string::npos);
}

TEST_CASE("a leader that is replaced ends its term and follows the other") {
  auto uut = leading_since(at(0s));
  REQUIRE(find<ask_for_lease>(uut.on_timer(at(1s))));
  auto ended = uut.on_answer(held_by(other, 8, errc::stale_epoch), at(1s));
  CHECK(find<end_term>(ended));
  CHECK_FALSE(uut.leads({7}, at(1s)));
  CHECK(uut.view().leader == "n2");
  CHECK(uut.view().role == leader_role::following);
}

TEST_CASE("a leader whose lease ran out leads again under a new epoch") {
  auto uut = leading_since(at(0s));
  REQUIRE(find<ask_for_lease>(uut.on_timer(at(1s))));
  CHECK(uut.on_answer(unreachable, at(2s)).empty());
  CHECK(uut.view().role == leader_role::leading);
  auto ended = uut.on_timer(at(2400ms));
  CHECK(find<end_term>(ended));
  CHECK(uut.view().role == leader_role::following);
  CHECK_FALSE(uut.view().reason.empty());
  if (!find<ask_for_lease>(ended))
    REQUIRE(find<ask_for_lease>(uut.on_timer(at(4s))));
  auto begun = uut.on_answer(granted(8), at(4s));
  REQUIRE(find<begin_term>(begun));
  CHECK(find<begin_term>(begun)->epoch.value == 8);
}

TEST_CASE("its own lease that has yet to expire is no other leader") {
  auto uut = make();
  static_cast<void>(uut.on_timer(at(0s)));
  CHECK(uut.on_answer(held_by(me, 4), at(0s)).empty());
  CHECK(uut.view().leader.empty());
  CHECK(uut.view().reason == "it is taken");
}

TEST_CASE("a term that cannot read the journals begins again while it may") {
  auto uut = make();
  static_cast<void>(uut.on_timer(at(0s)));
  REQUIRE(find<begin_term>(uut.on_answer(granted(7), at(0s))));
  auto ended = uut.on_recovered({7}, error{errc::unavailable, "gone"}, at(0s));
  CHECK(find<end_term>(ended));
  CHECK(uut.view().role == leader_role::recovering);
  CHECK(uut.view().reason == "gone");
  CHECK(uut.due() == at(1s));
  auto again = uut.on_timer(at(1s));
  REQUIRE(find<begin_term>(again));
  CHECK(find<begin_term>(again)->epoch.value == 7);
  SUBCASE("and leads once it could") {
    CHECK(uut.on_recovered({7}, {}, at(1s)).empty());
    CHECK(uut.view().role == leader_role::leading);
  }
  SUBCASE("and not when the lease is gone") {
    static_cast<void>(
      uut.on_recovered({7}, error{errc::unavailable, "gone"}, at(1s)));
    auto lost = uut.on_timer(at(3s));
    CHECK(find<end_term>(lost));
    CHECK_FALSE(find<begin_term>(lost));
  }
}

TEST_CASE("a store that has forgotten who led gets no leader by itself") {
  auto uut = leading_since(at(0s), 9);
  REQUIRE(find<ask_for_lease>(uut.on_timer(at(1s))));
  // Restored from a backup: its lease expired long ago.
  lease_answer older{error{errc::stale_epoch, "epoch 5 leads"},
                     lease_record{{5}, to_string(other)}};
  CHECK(find<end_term>(uut.on_answer(older, at(1s))));
  REQUIRE(find<ask_for_lease>(uut.on_timer(at(2s))));
  CHECK_FALSE(find<begin_term>(uut.on_answer(granted(6), at(2s))));
  CHECK(uut.view().role == leader_role::recovering);
  CHECK(uut.view().reason.find("epoch 9 has led already")
        != std::string::npos);
  SUBCASE("nor when it is asked again") {
    auto asked = uut.on_timer(at(3s));
    REQUIRE(find<ask_for_lease>(asked));
    CHECK(find<ask_for_lease>(asked)->held.value == 6);
    CHECK(uut.on_answer(granted(6), at(3s)).empty());
  }
  SUBCASE("but once an operator has raised its epoch") {
    REQUIRE(find<ask_for_lease>(uut.on_timer(at(3s))));
    lease_answer raised{error{errc::stale_epoch, "epoch 10 leads"},
                        lease_record{{10}, to_string(me)}};
    CHECK(find<end_term>(uut.on_answer(raised, at(3s))));
    REQUIRE(find<ask_for_lease>(uut.on_timer(at(4s))));
    CHECK(find<begin_term>(uut.on_answer(granted(11), at(4s))));
  }
}

TEST_CASE("what is told of an earlier term counts for nothing") {
  auto uut = make();
  static_cast<void>(uut.on_timer(at(0s)));
  REQUIRE(find<begin_term>(uut.on_answer(granted(7), at(0s))));
  CHECK(uut.on_recovered({6}, {}, at(0s)).empty());
  CHECK(uut.view().role == leader_role::recovering);
  CHECK(uut.on_recovered({7}, {}, at(3s)).empty());
  CHECK(uut.view().role == leader_role::recovering);
}

TEST_CASE("the other nodes are told where this one can be asked") {
  leadership uut{{3s, 1s}, {"n1", "", "", "b1"}, 1};
  CHECK(parse_lease_holder(uut.holder())->admin.empty());
  uut.set_self(me);
  CHECK(parse_lease_holder(uut.holder()) == me);
}

TEST_CASE("a leader that rests ends its term, and begins another later") {
  auto uut = leading_since(at(0s));
  CHECK(find<end_term>(uut.rest("handed over", at(1s))));
  CHECK(uut.view().role == leader_role::following);
  CHECK(uut.refusal().message.find("handed over") != std::string::npos);
  CHECK(uut.due() == time_point::max());
  uut.resume(at(2s));
  REQUIRE(find<ask_for_lease>(uut.on_timer(at(2s))));
  CHECK(find<begin_term>(uut.on_answer(granted(8), at(2s))));
}

TEST_CASE("a term that could not begin does not begin while a leader rests") {
  auto uut = make();
  static_cast<void>(uut.on_timer(at(0s)));
  REQUIRE(find<begin_term>(uut.on_answer(granted(7), at(0s))));
  CHECK(find<end_term>(
    uut.on_recovered({7}, error{errc::store_failed, "gone"}, at(0s))));
  static_cast<void>(uut.rest("handed over", at(0s)));
  CHECK(uut.on_timer(at(5s)).empty());
}
