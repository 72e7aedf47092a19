// Goal: an older store under a running control plane ends nothing, and the
// operator's word on the workers that it does not know counts once. Method:
// CAF's test coordinator, a store in memory that is exchanged, a node of wax.
#include "leader/leader_actor.hpp"

#include "store/memory_store.hpp"

#include "support/deterministic_system.hpp"
#include "support/sample_spec.hpp"
#include "support/wax_node.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

using namespace serval;
using namespace std::chrono_literals;

namespace {

/// A store that can be brought back to what it was.
class restorable_store final : public store {
public:
  explicit restorable_store(memory_store::clock now) : now_(std::move(now)) {
    empty();
  }

  result<sequence> append(const append_request& request) override {
    return kept_->append(request);
  }

  result<journal> read(std::string_view app) override {
    return kept_->read(app);
  }

  result<void> snapshot(std::string_view app, serval::epoch epoch,
                        sequence upto,
                        std::vector<journal_entry> entries) override {
    return kept_->snapshot(app, epoch, upto, std::move(entries));
  }

  result<std::vector<std::string>> applications() override {
    return kept_->applications();
  }

  result<lease_grant> lease(std::string_view holder, duration valid_for,
                            serval::epoch held) override {
    return kept_->lease(holder, valid_for, held);
  }

  result<lease_record> last_lease() override {
    return kept_->last_lease();
  }

  /// The leader keeps its term, which is the first one in both.
  void restore(const std::string& app, const journal& backup) {
    empty();
    append_request request{app, kept_->lease("n1", 24h)->epoch, {}, {}, {}};
    for (const auto& entry : backup.entries)
      request.changes.push_back(entry.change);
    REQUIRE(kept_->append(request));
  }

  /// All but the epochs.
  void forget() {
    auto last = kept_->last_lease()->epoch;
    empty();
    while (kept_->lease("n1", duration::zero())->epoch < last)
      continue;
  }

private:
  void empty() {
    kept_ = std::make_unique<memory_store>(now_);
  }

  memory_store::clock now_;
  std::unique_ptr<memory_store> kept_;
};

struct restored_node {
  restored_node() {
    lead();
    deploy(1);
    auto backup = *store.read("shop");
    deploy(2);
    store.restore("shop", backup);
    plane->restart_app_master({"restart", "maria", ""}, "shop", take());
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
                       [](const result<void>&) {},
                       [](const std::string&) {},
                       {24h, 8h},
                       actors.run_blocking(),
                       [](const leadership_view&) {},
                       [] {}};
    plane = start_leader(actors.system(), nullptr, std::move(setup));
    actors.settle();
  }

  /// Leads again, with a store that has forgotten everything but the epoch.
  void lead_without_memory() {
    plane.reset();
    actors.settle();
    store.forget();
    lead();
  }

  ~restored_node() {
    plane.reset();
    actors.settle();
  }

  void deploy(std::int64_t version) {
    plane->deploy({"deploy " + std::to_string(version), "maria", ""},
                  sample_spec(version), take());
    actors.pass(1min);
  }

  control_plane::reply<app_status> take() {
    return [this](result<app_status> what) { answer = std::move(what); };
  }

  app_status status() {
    plane->status("shop", take());
    actors.settle();
    return answer->value();
  }

  deterministic_system actors;
  restorable_store store{[this] { return actors.now(); }};
  wax_node node;
  std::optional<result<app_status>> answer;
  std::unique_ptr<control_plane> plane;
};

} // namespace

TEST_CASE("orphans are adopted or discarded once, with the cause in the "
          "history") {
  for (bool adopts : {false, true}) {
    CAPTURE(adopts);
    restored_node one;
    CHECK(one.answer->value().message.find("3 of its workers are orphans")
          != std::string::npos);
    auto before = one.node.bodies;
    for (int i = 0; i < 2; ++i) {
      command_header header{"decide", "maria", "an old backup"};
      one.answer.reset();
      if (adopts)
        one.plane->adopt(header, "shop", one.take());
      else
        one.plane->discard(header, "shop", one.take());
      one.actors.pass(1min);
      REQUIRE(one.answer);
      CHECK(one.answer->has_value());
    }
    CHECK(one.status().state == app_state::running);
    CHECK(one.status().release.value == (adopts ? 2 : 1));
    CHECK(one.node.bodies.size() == before.size());
    for (const auto& [key, order] : before)
      CHECK(one.node.bodies.contains(key) == adopts);
    auto history = one.store.read("shop")->entries;
    auto decided = [](const journal_entry& entry) {
      return entry.change.cause
             == change_cause{"decide", "maria", "an old backup"};
    };
    REQUIRE(std::ranges::count_if(history, decided) == 1);
    CHECK(name_of(std::ranges::find_if(history, decided)->change.what)
          == (adopts ? "orphans_adopted" : "orphans_discarded"));
  }
}

TEST_CASE("a store that knows nothing of an application that runs does not "
          "hide it") {
  restored_node one;
  auto before = one.node.bodies;
  one.lead_without_memory();
  CHECK(one.status().message.find("3 of its workers are orphans")
        != std::string::npos);
  CHECK(one.node.bodies.size() == before.size());
  one.plane->adopt({"decide", "maria", ""}, "shop", one.take());
  one.actors.pass(1min);
  CHECK(one.status().state == app_state::running);
  for (const auto& [key, order] : before)
    CHECK(one.node.bodies.contains(key));
}
