// Goal: while a node runs the version before, the leader writes nothing that it
// could not read if it led next; and when none does, it may write all. Method:
// the core alone, then lives of a cluster from a seed.
#include "base/random.hpp"
#include "cluster/fleet.hpp"
#include "wire/format_versions.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace serval;
using namespace std::literals;

namespace {

const time_point start{1h};

node_facts facts(const std::string& name, std::uint16_t format) {
  node_facts out;
  out.name = name;
  out.cpu = 8;
  out.journal_format = format;
  return out;
}

/// Nodes that are upgraded, and now and then taken back, while they also fail
/// and leaders change.
class random_life {
public:
  explicit random_life(std::uint64_t seed) : random_(seed) {
    for (auto name : {"a", "b", "c", "d"})
      nodes_[name] = {};
    begin_term();
  }

  void step() {
    auto at = std::next(nodes_.begin(), random_.below(nodes_.size()));
    auto& [name, node] = *at;
    switch (random_.below(6)) {
      case 0:
      case 1:
        join(name, node);
        break;
      case 2:
        leave(name, node);
        break;
      case 3:
        if (!node.joined && random_.below(3) == 0)
          node.format = 2;
        break;
      case 4: // It goes back, which takes no time.
        leave(name, node);
        node.format = 1;
        join(name, node);
        break;
      default:
        now_ += std::chrono::milliseconds{random_.below(4'000)};
        static_cast<void>(all_->on_timer(now_));
        if (random_.below(4) == 0)
          begin_term();
    }
    check();
  }

  void upgrade_all() {
    for (auto& [name, node] : nodes_) {
      leave(name, node);
      node.format = 2;
      join(name, node);
      check();
    }
    now_ += 3s;
    CHECK(all_->journal_format(now_) == 2);
    begin_term();
    // Of what each reads it is known before all have joined.
    now_ += 3s;
    CHECK(all_->journal_format(now_) == 2);
  }

private:
  struct machine {
    std::uint16_t format = 1;
    bool joined = false;
  };

  void join(const std::string& name, machine& node) {
    static_cast<void>(all_->joined(facts(name, node.format), {}, now_));
    node.joined = true;
    known_.insert(name);
    tell();
  }

  void leave(const std::string& name, machine& node) {
    if (std::exchange(node.joined, false))
      static_cast<void>(all_->link_lost(name, now_));
  }

  /// What the next leader knows of this one's nodes.
  void tell() {
    before_ = {};
    for (const auto& [name, who] : all_->nodes().all())
      if (who.state != node_state::lost)
        before_.expected.insert(name);
    before_.expected_format = all_->journal_format(now_);
  }

  void begin_term() {
    all_.emplace(before_, now_);
    known_ = before_.expected;
    for (auto& [name, node] : nodes_)
      node.joined = false;
  }

  void check() const {
    for (const auto& name : known_)
      CHECK(all_->journal_format(now_) <= nodes_.at(name).format);
  }

  random_source random_;
  time_point now_ = start;
  std::map<std::string, machine> nodes_;
  fleet::settings before_;
  /// The leader has seen them, or the one before it has.
  std::set<std::string> known_;
  std::optional<fleet> all_;
};

} // namespace

TEST_CASE("the journal is written for the oldest of all nodes, also of those "
          "that are lost") {
  fleet all{{.expected = {"a", "b"}, .expected_format = 2}, start};
  static_cast<void>(all.joined(facts("a", 2), {}, start));
  static_cast<void>(all.joined(facts("b", 1), {}, start));
  CHECK(all.journal_format(start) == 1);
  static_cast<void>(all.link_lost("b", start));
  static_cast<void>(all.on_timer(start + 1h));
  CHECK(all.journal_format(start + 1h) == 1);
  static_cast<void>(all.joined(facts("b", 2), {}, start + 2h));
  CHECK(all.journal_format(start + 2h) == 2);
}

TEST_CASE("a new leader writes what all could read under the one before it, "
          "until it has seen each of them") {
  for (std::uint16_t before : {1, 2}) {
    CAPTURE(before);
    fleet all{{.expected = {"a", "b"}, .expected_format = before}, start};
    CHECK(all.journal_format(start) == before);
    static_cast<void>(all.joined(facts("a", 2), {}, start));
    CHECK(all.journal_format(start) == before);
    // It is not waited for any more, and may come nevertheless.
    static_cast<void>(all.on_timer(start + 1h));
    CHECK(all.journal_format(start + 1h) == before);
    static_cast<void>(all.joined(facts("b", 2), {}, start + 1h));
    CHECK(all.journal_format(start + 1h) == 2);
  }
}

TEST_CASE("a leader that was told of no nodes gives them time to join before "
          "it writes what they may not read") {
  fleet all{{.gather_for = 3s, .expected = {}}, start};
  static_cast<void>(all.joined(facts("a", 2), {}, start));
  CHECK(all.journal_format(start + 2s) == 1);
  CHECK(all.journal_format(start + 3s) == 2);
}

TEST_CASE("nothing is written that takes a higher format than this program's") {
  fleet all{{.expected = {"a"}, .expected_format = 99}, start};
  CHECK(all.journal_format(start) == journal_format);
  static_cast<void>(all.joined(facts("a", 99), {}, start));
  CHECK(all.journal_format(start) == journal_format);
}

TEST_CASE("whatever becomes of nodes and leaders, no node that is known reads "
          "less than is written; once all are upgraded, all is written") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    random_life life{seed};
    for (int i = 0; i < 60; ++i)
      life.step();
    life.upgrade_all();
  }
}
