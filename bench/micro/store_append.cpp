// Durable appends by so many writers: through the store, or straight into
// RocksDB with the store's own options and one record per write, synced. Prints
// one line of JSON.
//
// usage: store_append store|raw WRITERS SECONDS FOLDER

#include "store/record_chain.hpp"
#include "store/rocksdb_database.hpp"
#include "store/rocksdb_layout.hpp"
#include "store/rocksdb_store.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace serval;

namespace {

using clock_type = std::chrono::steady_clock;

/// One writer's append number n, from 1 on.
using append_function = std::function<void(std::size_t writer,
                                           std::uint64_t n)>;

[[noreturn]] void fail(std::string_view why) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(why.size()), why.data());
  std::_Exit(1);
}

std::string app_of(std::size_t writer) {
  return "application-" + std::to_string(writer);
}

/// A small change, so that the disk and not the bytes decide.
app_change make_change() {
  return {{"0123456789abcdef", "operator", "more load"},
          workers_scaled{{1}, "indicator", 8}};
}

append_function append_to(store& to, serval::epoch epoch) {
  return [&to, epoch](std::size_t writer, std::uint64_t n) {
    append_request request;
    request.app = app_of(writer);
    request.epoch = epoch;
    request.expected = {n - 1};
    request.changes.push_back(make_change());
    if (auto done = to.append(request); !done)
      fail(done.error().message);
  };
}

append_function put_into(rocksdb::DB& db) {
  record_chain chain{app_of(0)};
  auto record = chain.append({{1}, {1}, {}, make_change()});
  return [&db, record](std::size_t writer, std::uint64_t n) {
    rocksdb::WriteOptions options;
    options.sync = true;
    auto status = db.Put(options, entry_key(app_of(writer), {n}), record);
    if (!status.ok())
      fail(status.ToString());
  };
}

void print(std::vector<std::vector<double>> writers, double seconds) {
  std::vector<double> all;
  for (auto& each : writers)
    all.insert(all.end(), each.begin(), each.end());
  if (all.empty())
    fail("nothing was appended");
  std::sort(all.begin(), all.end());
  std::printf("{\"per_second\": %.1f, \"us_p50\": %.1f, \"us_p99\": %.1f}\n",
              static_cast<double>(all.size()) / seconds, all[all.size() / 2],
              all[all.size() * 99 / 100]);
}

void run(const append_function& append, std::size_t count, double seconds) {
  std::vector<std::vector<double>> us(count);
  std::vector<std::thread> threads;
  auto start = clock_type::now();
  auto end = start
             + std::chrono::nanoseconds{
               static_cast<std::int64_t>(seconds * 1e9)};
  for (std::size_t writer = 0; writer < count; ++writer)
    threads.emplace_back([&, writer] {
      auto before = clock_type::now();
      for (std::uint64_t n = 1; before < end; ++n) {
        append(writer, n);
        auto after = clock_type::now();
        us[writer].push_back(
          std::chrono::duration<double, std::micro>(after - before).count());
        before = after;
      }
    });
  for (auto& each : threads)
    each.join();
  auto took = std::chrono::duration<double>(clock_type::now() - start).count();
  print(std::move(us), took);
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: store_append store|raw WRITERS SECONDS FOLDER\n",
               stderr);
    return 2;
  }
  auto writers = std::strtoul(argv[2], nullptr, 10);
  auto seconds = std::atof(argv[3]);
  if (std::string_view{argv[1]} == "store") {
    auto opened = open_rocksdb_store(argv[4]);
    if (!opened)
      fail(opened.error().message);
    auto& journals = **opened;
    auto lease = journals.lease("bench", std::chrono::hours{1});
    if (!lease)
      fail(lease.error().message);
    run(append_to(journals, lease->epoch), writers, seconds);
  } else {
    auto opened = open_database(argv[4]);
    if (!opened)
      fail(opened.error().message);
    run(put_into(**opened), writers, seconds);
  }
}
