// Goal: whatever the disk does, what was acknowledged is there and nothing is
// acknowledged that is not. Method: one sequence of writes, over and over, with
// the n-th call to the disk failing or the power going at it, for every n.
#include "store/rocksdb_store.hpp"

#include "store/fault_disk.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <cerrno>

using namespace serval;
using namespace std::chrono_literals;

namespace {

using journals = std::map<std::string, journal>;

/// What a store should hold: what was acknowledged, and the same with the write
/// that was under way.
struct expectation {
  journals acknowledged;
  journals attempted;
  bool opened = false;
};

bool is_same(const journal& a, const journal& b) {
  return a.last == b.last && a.entries == b.entries;
}

app_change make_change(std::uint32_t i) {
  // Now and then one that spans blocks of the log and the disk.
  auto reason = std::string(i % 4 == 1 ? 40'000 : 10, 'r');
  return {{"op-" + std::to_string(i), "maria", reason},
          workers_scaled{{1}, "bank", i}};
}

/// Writes until it is done or something fails, and then tries again in vain.
class workload {
public:
  explicit workload(fault_disk& disk) : disk_(disk) {
    // nop
  }

  expectation run(const std::filesystem::path& directory) {
    auto opened = open_rocksdb_store(directory, disk_.edges());
    if (!opened)
      return out_;
    auto& store = **opened;
    out_.opened = true;
    auto lease = store.lease("n1", 1h);
    check_first_failure(lease);
    if (lease)
      term_ = lease->epoch;
    for (std::uint32_t i = 0; i < 10; ++i) {
      append(store, i % 3 == 0 ? "b" : "a", i);
      if (i == 6)
        snapshot(store, "a");
    }
    // What happens while it is taken apart comes too late.
    disk_.power_off();
    return out_;
  }

private:
  template <class T>
  void check_first_failure(const result<T>& done) {
    // After a failure nothing is ever acknowledged.
    if (done)
      CHECK_FALSE(broken_);
    broken_ |= !done;
  }

  void append(store& to, const std::string& app, std::uint32_t i) {
    auto next = out_.acknowledged[app];
    auto change = make_change(i);
    auto done = to.append({app, term_, next.last, {}, {change}});
    ++next.last.value;
    next.entries.push_back({next.last, term_, {}, change});
    settle(app, next, done);
  }

  void snapshot(store& to, const std::string& app) {
    auto next = out_.acknowledged[app];
    if (next.entries.size() < 3)
      return;
    std::vector<journal_entry> kept{next.entries[1]};
    auto done = to.snapshot(app, term_, next.last, kept);
    next.entries = kept;
    settle(app, next, done);
  }

  template <class T>
  void settle(const std::string& app, const journal& next,
              const result<T>& done) {
    if (!broken_)
      out_.attempted = out_.acknowledged;
    if (!broken_)
      out_.attempted[app] = next;
    check_first_failure(done);
    if (done)
      out_.acknowledged[app] = next;
  }

  fault_disk& disk_;
  expectation out_;
  epoch term_;
  bool broken_ = false;
};

bool holds(store& kept, const journals& expected) {
  for (const auto& [app, journal] : expected)
    if (!is_same(*kept.read(app), journal))
      return false;
  return true;
}

/// One run with a fault. False if the fault was not reached.
bool survives(disk_call kind, std::uint64_t n, int code, bool for_good,
              std::uint64_t seed) {
  temporary_directory folder;
  auto directory = folder.path() / "store";
  fault_disk disk{directory, folder.path() / "shadow"};
  disk.fail(kind, n, code, for_good);
  auto expected = workload{disk}.run(directory);
  auto reached = disk.has_failed();
  random_source random{seed};
  disk.power_on(random);
  auto opened = open_rocksdb_store(directory, disk.edges());
  CAPTURE(n);
  CAPTURE(seed);
  CAPTURE(code);
  CAPTURE(for_good);
  if (!opened)
    FAIL_CHECK(opened.error().message);
  if (!opened)
    return reached;
  auto right = holds(**opened, expected.acknowledged)
               || holds(**opened, expected.attempted);
  CHECK(right);
  auto lease = (*opened)->lease("n2", 1h);
  REQUIRE(lease);
  auto last = (*opened)->read("a")->last;
  CHECK((*opened)->append({"a", lease->epoch, last, {}, {make_change(99)}}));
  return reached;
}

void survives_each(disk_call kind, int code, bool for_good) {
  std::uint64_t n = 1;
  auto reached = true;
  for (; reached; ++n)
    // What is torn, and where, differs.
    for (std::uint64_t seed = 1; seed <= (for_good ? 3 : 1); ++seed)
      reached = survives(kind, n, code, for_good, 100 * n + seed);
  // Each append alone syncs twice.
  CHECK(n > 20);
}

} // namespace

TEST_CASE("everything acknowledged survives a power cut at any moment, with "
          "unsynced bytes and names lost and the last write torn") {
  survives_each(disk_call::any, EIO, true);
}

TEST_CASE("a disk without room refuses changes, answers reads, and takes them "
          "again when there is room") {
  temporary_directory folder;
  auto directory = folder.path() / "store";
  fault_disk disk{directory, folder.path() / "shadow"};
  auto opened = open_rocksdb_store(directory, disk.edges());
  REQUIRE(opened);
  auto& store = **opened;
  auto term = store.lease("n1", 1h)->epoch;
  REQUIRE(store.append({"a", term, {0}, {}, {make_change(1)}}));
  disk.room = 1 << 20;
  auto refused = store.append({"a", term, {1}, {}, {make_change(2)}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find(directory.string())
        != std::string::npos);
  CHECK(store.read("a")->entries.size() == 1);
  disk.room = 1u << 30;
  CHECK(store.append({"a", term, {1}, {}, {make_change(2)}})->value == 2);
}

TEST_CASE("after a failed sync nothing is acknowledged any more, and nothing "
          "acknowledged is lost") {
  survives_each(disk_call::sync, EIO, false);
}

TEST_CASE("after a failed write nothing is acknowledged any more, and nothing "
          "acknowledged is lost") {
  survives_each(disk_call::write, EIO, false);
}

TEST_CASE("the same holds when the disk is full at a write or a sync") {
  survives_each(disk_call::write, ENOSPC, false);
  survives_each(disk_call::sync, ENOSPC, false);
}
