#include "peer/gateways.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

struct no_workers final : relay_effects {
  void send(worker_id, std::vector<worker_call>) override {
    // nop
  }

  void cancel(worker_id, std::vector<call_id>) override {
    // nop
  }

  void acknowledge_drain(worker_id) override {
    // nop
  }
};

struct user final : gateway_user {
  relay* gateway = nullptr;

  void gateway_opened(relay& opened) override {
    gateway = &opened;
  }

  void gateway_closed() override {
    gateway = nullptr;
  }
};

} // namespace

TEST_CASE("whoever asks for a release gets its relay, now or when it comes") {
  no_workers workers;
  relay first{1, workers};
  relay second{2, workers};
  gateways uut;
  user early;
  user late;
  user other;
  uut.add({"shop", {1}}, early);
  uut.add({"shop", {2}}, other);
  CHECK(early.gateway == nullptr);
  uut.open({"shop", {1}}, first);
  uut.add({"shop", {1}}, late);
  CHECK(early.gateway == &first);
  CHECK(late.gateway == &first);
  CHECK(other.gateway == nullptr);
  uut.remove({"shop", {1}}, late);
  uut.close({"shop", {1}});
  CHECK(early.gateway == nullptr);
  CHECK(late.gateway == &first);
  uut.open({"shop", {1}}, second);
  CHECK(early.gateway == &second);
}
