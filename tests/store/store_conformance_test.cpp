// Goal: every store keeps the same promises. Method: one suite, run over each.
#include "store/memory_store.hpp"
#include "store/mysql_store.hpp"
#include "store/rocksdb_store.hpp"

#include "maria_server.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <thread>
#include <vector>

using namespace serval;

namespace {

using namespace std::chrono_literals;

app_change scaled(std::uint32_t workers) {
  return {{"op", "maria", "test"}, workers_scaled{{1}, "bank", workers}};
}

struct in_memory {
  time_point now{};
  memory_store kept{[this] { return now; }};
  serval::store& store = kept;
};

struct on_disk {
  temporary_directory directory;
  std::unique_ptr<serval::store> opened
    = std::move(open_rocksdb_store(directory.path())).value();
  serval::store& store = *opened;
};

struct in_database {
  std::unique_ptr<serval::store> opened
    = std::move(open_mysql_store(maria_server::shared().make_database()))
        .value();
  serval::store& store = *opened;
};

/// Writes under the epoch of a lease taken for the test.
struct writer {
  explicit writer(store& to) : to(to), epoch(to.lease("n1", 1h)->epoch) {
    // nop
  }

  result<sequence> operator()(std::string app, std::uint64_t expected,
                              std::vector<app_change> changes) {
    return to.append({std::move(app), epoch, {expected}, at, changes});
  }

  store& to;
  serval::epoch epoch;
  wall_time at{1234ns};
};

} // namespace

TEST_CASE_TEMPLATE("what was appended is read back in order", Kind, in_memory,
                   on_disk, in_database) {
  Kind kind;
  writer write{kind.store};
  REQUIRE(write("a", 0, {scaled(1), scaled(2)})->value == 2);
  REQUIRE(write("a", 2, {scaled(3)})->value == 3);
  auto read = kind.store.read("a");
  REQUIRE(read);
  CHECK(read->last.value == 3);
  REQUIRE(read->entries.size() == 3);
  for (std::uint32_t i = 0; i < 3; ++i)
    CHECK(read->entries[i]
          == journal_entry{{i + 1}, write.epoch, write.at, scaled(i + 1)});
}

TEST_CASE_TEMPLATE("an unknown application has an empty journal", Kind,
                   in_memory, on_disk, in_database) {
  Kind kind;
  CHECK(kind.store.read("nobody")->entries.empty());
  CHECK(kind.store.read("nobody")->last.value == 0);
  CHECK(kind.store.applications()->empty());
}

TEST_CASE_TEMPLATE("journals of applications do not mix", Kind, in_memory,
                   on_disk, in_database) {
  Kind kind;
  writer write{kind.store};
  for (const auto* name : {"b", "a", "ab", "a b"})
    REQUIRE(write(name, 0, {scaled(1)}));
  REQUIRE(write("a", 1, {scaled(2)}));
  CHECK(kind.store.read("a")->entries.size() == 2);
  CHECK(kind.store.read("ab")->entries.size() == 1);
  CHECK(*kind.store.applications()
        == std::vector<std::string>{"a", "a b", "ab", "b"});
}

TEST_CASE_TEMPLATE("an append for another sequence changes nothing", Kind,
                   in_memory, on_disk, in_database) {
  Kind kind;
  writer write{kind.store};
  REQUIRE(write("a", 0, {scaled(1)}));
  for (std::uint64_t expected : {0, 2, 100})
    CHECK(write("a", expected, {scaled(9)}).error().code == errc::conflict);
  CHECK(kind.store.read("a")->entries.size() == 1);
}

TEST_CASE_TEMPLATE("an append under another epoch changes nothing", Kind,
                   in_memory, on_disk, in_database) {
  Kind kind;
  writer write{kind.store};
  auto late = write;
  REQUIRE(kind.store.lease("n1", 1h)->epoch > write.epoch);
  auto refused = late("a", 0, {scaled(1)});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::stale_epoch);
  late.epoch.value = 99;
  CHECK(late("a", 0, {scaled(1)}).error().code == errc::stale_epoch);
  CHECK(kind.store.read("a")->entries.empty());
}

TEST_CASE_TEMPLATE("an append without changes or a proper name is refused",
                   Kind, in_memory, on_disk, in_database) {
  Kind kind;
  writer write{kind.store};
  CHECK(write("a", 0, {}).error().code == errc::bad_request);
  for (auto name : {std::string{}, std::string("a\0b", 3),
                    std::string(257, 'a')})
    CHECK(write(name, 0, {scaled(1)}).error().code == errc::bad_request);
}

TEST_CASE_TEMPLATE("nothing can be written before a lease was granted", Kind,
                   in_memory, on_disk, in_database) {
  Kind kind;
  CHECK(kind.store.append({"a", {}, {}, {}, {scaled(1)}}).error().code
        == errc::stale_epoch);
}

TEST_CASE_TEMPLATE("a store tells who has the lease, or had it last", Kind,
                   in_memory, on_disk, in_database) {
  Kind kind;
  REQUIRE(kind.store.last_lease());
  CHECK_FALSE(kind.store.last_lease()->epoch);
  CHECK(kind.store.last_lease()->holder.empty());
  auto first = kind.store.lease("n1 here", 1h);
  CHECK(kind.store.last_lease()->holder == "n1 here");
  CHECK(kind.store.last_lease()->epoch == first->epoch);
  // Who renews it may say more.
  REQUIRE(kind.store.lease("n1 there", 0s, first->epoch));
  CHECK(kind.store.last_lease()->holder == "n1 there");
  auto second = kind.store.lease("n2", 1h);
  CHECK(kind.store.last_lease()->holder == "n2");
  CHECK(kind.store.last_lease()->epoch == second->epoch);
}

TEST_CASE_TEMPLATE("a lease is renewed by its epoch and taken when it expired",
                   Kind, in_memory, on_disk, in_database) {
  Kind kind;
  auto first = kind.store.lease("n1", 1h);
  REQUIRE(first);
  CHECK(kind.store.lease("n1", 1h, first->epoch)->epoch == first->epoch);
  CHECK(kind.store.lease("n2", 1h).error().code == errc::conflict);
  REQUIRE(kind.store.lease("n1", 0s, first->epoch));
  auto second = kind.store.lease("n2", 1h);
  REQUIRE(second);
  CHECK(second->epoch > first->epoch);
  CHECK(kind.store.lease("n1", 1h, first->epoch).error().code
        == errc::stale_epoch);
}

TEST_CASE_TEMPLATE("a snapshot replaces entries and the journal goes on", Kind,
                   in_memory, on_disk, in_database) {
  Kind kind;
  writer write{kind.store};
  REQUIRE(write("a", 0, {scaled(1), scaled(2), scaled(3), scaled(4)}));
  auto before = kind.store.read("a")->entries;
  REQUIRE(kind.store.snapshot("a", write.epoch, {3}, {before[1]}));
  CHECK(kind.store.read("a")->entries
        == std::vector<journal_entry>{before[1], before[3]});
  CHECK(kind.store.read("a")->last.value == 4);
  REQUIRE(write("a", 4, {scaled(5)}));
  REQUIRE(kind.store.snapshot("a", write.epoch, {5}, {before[3]}));
  CHECK(kind.store.read("a")->entries
        == std::vector<journal_entry>{before[3]});
  CHECK(kind.store.read("a")->last.value == 5);
  CHECK(*kind.store.applications() == std::vector<std::string>{"a"});
  CHECK(write("a", 5, {scaled(6)})->value == 6);
}

TEST_CASE_TEMPLATE("a snapshot that does not fit changes nothing", Kind,
                   in_memory, on_disk, in_database) {
  Kind kind;
  writer write{kind.store};
  REQUIRE(write("a", 0, {scaled(1), scaled(2)}));
  auto all = kind.store.read("a")->entries;
  auto code = [](result<void> r) { return r.error().code; };
  CHECK(code(kind.store.snapshot("a", {99}, {1}, {})) == errc::stale_epoch);
  CHECK(code(kind.store.snapshot("a", write.epoch, {3}, {}))
        == errc::conflict);
  CHECK(code(kind.store.snapshot("a", write.epoch, {2}, {all[1], all[0]}))
        == errc::bad_request);
  CHECK(code(kind.store.snapshot("a", write.epoch, {0}, {}))
        == errc::conflict);
  CHECK(kind.store.read("a")->entries == all);
}

TEST_CASE_TEMPLATE("a snapshot that reaches less far than the one before loses "
                   "nothing",
                   Kind, in_memory, on_disk, in_database) {
  Kind kind;
  writer write{kind.store};
  REQUIRE(write("a", 0, {scaled(1), scaled(2), scaled(3), scaled(4)}));
  auto all = kind.store.read("a")->entries;
  REQUIRE(kind.store.snapshot("a", write.epoch, {3}, {all[0], all[2]}));
  auto before = kind.store.read("a")->entries;
  (void) kind.store.snapshot("a", write.epoch, {2}, {all[0]});
  CHECK(kind.store.read("a")->entries == before);
}

TEST_CASE_TEMPLATE("of concurrent appends for one sequence exactly one is "
                   "acknowledged",
                   Kind, in_memory, on_disk, in_database) {
  Kind kind;
  writer write{kind.store};
  constexpr std::size_t rounds = 20;
  std::vector<std::size_t> won(4);
  std::vector<std::thread> threads;
  for (auto& mine : won)
    threads.emplace_back([&] {
      for (std::uint64_t n = 0; n < rounds;) {
        auto copy = write;
        if (copy("a", n, {scaled(1)}))
          ++mine;
        n = kind.store.read("a")->last.value;
      }
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(won[0] + won[1] + won[2] + won[3] == rounds);
  CHECK(kind.store.read("a")->entries.size() == rounds);
}
