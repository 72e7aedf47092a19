#include "worker/body_life.hpp"

#include <doctest/doctest.h>

using namespace serval;
using action = body_life::action;
using state = body_life::state;

TEST_CASE("a body is stopped only when every dispatcher has agreed and no call "
          "is in hand") {
  body_life life{2};
  CHECK(life.on_ready() == action::announce);
  CHECK(life.on_stop() == action::ask_to_drain);
  CHECK(life.takes_calls());
  CHECK(life.on_calls_in_hand(0) == action::nothing);
  CHECK(life.on_drain_acknowledged(1) == action::nothing);
  CHECK(life.on_drain_acknowledged(1) == action::nothing);
  CHECK(life.on_calls_in_hand(0) == action::stop_body);
  CHECK_FALSE(life.takes_calls());
  life.on_ended();
  CHECK(life.now_in() == state::over);
}

TEST_CASE("the drain deadline stops a body that still has calls") {
  body_life life{1};
  life.on_ready();
  life.on_stop();
  CHECK(life.on_drain_deadline() == action::stop_body);
  CHECK(life.on_drain_deadline() == action::nothing);
}

TEST_CASE("a body that is stopped while it starts is never announced") {
  body_life life{1};
  CHECK(life.on_stop() == action::stop_body);
  CHECK(life.on_ready() == action::nothing);
  CHECK_FALSE(life.announced());
}

TEST_CASE("a second stop changes nothing") {
  body_life life{1};
  life.on_ready();
  CHECK(life.on_stop() == action::ask_to_drain);
  CHECK(life.on_stop() == action::nothing);
}
