#pragma once

#include "leader/leader_actor.hpp"

#include "store/memory_store.hpp"

#include "support/deterministic_system.hpp"
#include "support/sample_spec.hpp"
#include "support/wax_node.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace serval {

/// A store that can be broken.
class fragile_store final : public store {
public:
  explicit fragile_store(memory_store::clock now) : kept(std::move(now)) {
    // nop
  }

  result<sequence> append(const append_request& request) override {
    if (broken)
      return error{errc::store_failed, "the disk is gone"};
    return kept.append(request);
  }

  result<journal> read(std::string_view app) override {
    if (broken)
      return error{errc::store_failed, "the disk is gone"};
    return kept.read(app);
  }

  result<void> snapshot(std::string_view app, serval::epoch epoch,
                        sequence upto,
                        std::vector<journal_entry> entries) override {
    return kept.snapshot(app, epoch, upto, std::move(entries));
  }

  result<std::vector<std::string>> applications() override {
    if (broken)
      return error{errc::store_failed, "the disk is gone"};
    return kept.applications();
  }

  result<lease_grant> lease(std::string_view holder, duration valid_for,
                            serval::epoch held) override {
    if (away)
      return error{errc::unavailable, "no connection"};
    return kept.lease(holder, valid_for, held);
  }

  result<lease_record> last_lease() override {
    return kept.last_lease();
  }

  memory_store kept;
  bool broken = false;
  /// Grants and renews no lease.
  bool away = false;
};

/// A reply that came, or not.
template <class T>
struct reply_box {
  std::shared_ptr<std::optional<result<T>>> value
    = std::make_shared<std::optional<result<T>>>();

  std::function<void(result<T>)> take() const {
    return [value = value](result<T> what) {
      CHECK_FALSE(value->has_value());
      value->emplace(std::move(what));
    };
  }

  bool came() const {
    return value->has_value();
  }

  result<T>& operator*() const {
    REQUIRE(came());
    return **value;
  }

  result<T>* operator->() const {
    return &**this;
  }
};

struct one_node {
  one_node() {
    lead();
  }

  ~one_node() {
    plane.reset();
    actors.settle();
  }

  void lead() {
    leader_setup setup{[] { return lease_holder{"n1", "a:1", "", "b1"}; },
                       store,
                       node,
                       actors.run_blocking(),
                       [] { return wall_time{}; },
                       1,
                       {},
                       [this](result<void> how) { recovered = how; },
                       [this](const std::string& line) { log += line; },
                       lease,
                       actors.run_blocking(),
                       [this](const leadership_view& now) { view = now; },
                       [this] { ++withheld; },
                       [this] { return format; }};
    recovered.reset();
    plane = start_leader(actors.system(), nullptr, std::move(setup));
  }

  /// The daemon ends and starts again on the same store.
  void restart() {
    plane.reset();
    actors.settle();
    node.bodies.clear();
    node.tables.clear();
    lead();
  }

  reply_box<app_status> deploy(app_spec spec, std::string operation = "op") {
    reply_box<app_status> box;
    plane->deploy({operation, "maria", ""}, std::move(spec), box.take());
    return box;
  }

  result<app_status> status(std::string app = "shop") {
    reply_box<app_status> box;
    plane->status(std::move(app), box.take());
    actors.settle();
    return *box;
  }

  std::vector<app_status> list() {
    reply_box<std::vector<app_status>> box;
    plane->list(box.take());
    actors.settle();
    return **box;
  }

  deterministic_system actors;
  fragile_store store{[this] { return actors.now(); }};
  wax_node node;
  lease_options lease;
  leadership_view view;
  std::size_t withheld = 0;
  /// The highest of journal records that whoever leads next can read.
  std::uint16_t format = 2;
  std::string log;
  std::optional<result<void>> recovered;
  std::unique_ptr<leader_door> plane;
};

} // namespace serval
