// Makes a store of a realistic size, or opens one and says what it holds; what
// corrupt.py damages in between. Prints one line of JSON.
//
// usage: journal_store make DIR MEGABYTES SEED | open DIR | plain DIR
//
// `plain` reads the same database as RocksDB's defaults would have it, without
// our checks, to show what these are for.

#include "base/random.hpp"
#include "base/sha256.hpp"
#include "store/rocksdb_layout.hpp"
#include "store/rocksdb_store.hpp"
#include "wire/journal_records.hpp"

#include <rocksdb/db.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include <unistd.h>

using namespace serval;

namespace {

using namespace std::chrono_literals;

constexpr std::size_t applications = 24;
constexpr std::size_t changes_per_append = 40;
constexpr int sessions = 4;
const std::string filler = "filler";

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::_Exit(1);
}

/// Text in a JSON string.
std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

void print_refused(std::string_view code, std::string_view message) {
  std::printf("{\"outcome\": \"refused\", \"code\": %s, \"message\": %s}\n",
              json_text(code).c_str(), json_text(message).c_str());
}

/// What one journal holds, in one hash that can be taken while it grows.
struct journal_digest {
  std::string app;
  sequence last;
  std::size_t entries = 0;
  std::string hashes;

  void add(const journal_entry& entry) {
    hashes += sha256_hex(encode_journal_record(app, entry));
    last = entry.number;
    ++entries;
  }
};

using store_state = std::map<std::string, journal_digest>;

result<store_state> state_of(store& from) {
  auto names = from.applications();
  if (!names)
    return names.error();
  store_state state;
  for (const auto& name : *names) {
    auto read = from.read(name);
    if (!read)
      return read.error();
    journal_digest digest{name, {}, 0, {}};
    for (const auto& entry : read->entries)
      digest.add(entry);
    digest.last = read->last;
    state.emplace(name, std::move(digest));
  }
  return state;
}

void print_opened(const std::string& digest, std::size_t changes) {
  std::printf("{\"outcome\": \"opened\", \"digest\": %s, \"changes\": %zu}\n",
              json_text(digest).c_str(), changes);
}

/// Everything that a store knows; `next` is the epoch that it grants next.
void print_opened(const store_state& state, epoch next) {
  std::string all = std::to_string(next.value);
  std::size_t changes = 0;
  for (const auto& [name, journal] : state) {
    all += "\n" + name + " " + std::to_string(journal.last.value) + " "
           + sha256_hex(journal.hashes);
    changes += journal.entries;
  }
  print_opened(sha256_hex(all), changes);
}

std::size_t count_logs(const std::string& directory) {
  std::size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator{database_of(directory)})
    count += entry.path().extension() == ".log";
  return count;
}

// -- making -------------------------------------------------------------------

app_change make_change(random_source& random, std::uint64_t release) {
  change_cause cause{"op-" + std::to_string(random.below(1u << 30)), "maria",
                     "because it was time"};
  auto kind = random.below(20);
  if (kind == 0)
    return {{}, release_promoted{{release}}};
  if (kind == 1)
    return {cause,
            release_deployed{{release},
                             std::string(2000 + random.below(20'000), 'x'),
                             std::string(64, 'a')}};
  return {cause,
          workers_scaled{{release},
                         "backend-" + std::to_string(random.below(8)),
                         static_cast<std::uint32_t>(1 + random.below(100))}};
}

std::size_t size_of(const app_change& change) {
  auto* deploy = std::get_if<release_deployed>(&change.what);
  return 300 + (deploy ? deploy->spec.size() : 0);
}

/// Writes about so many bytes, with a snapshot now and then. Returns the epoch
/// that is granted next.
epoch write_session(store& to, std::size_t bytes, random_source& random) {
  auto term = to.lease("writer", 1h)->epoch;
  for (std::size_t written = 0; written < bytes;) {
    auto app = "application-" + std::to_string(random.below(applications));
    auto before = to.read(app);
    append_request request{app, term, before->last, wall_time{1s}, {}};
    for (std::size_t i = 0; i < changes_per_append; ++i) {
      request.changes.push_back(
        make_change(random, 1 + before->last.value / 50));
      written += size_of(request.changes.back());
    }
    if (auto done = to.append(request); !done)
      fail(done.error().message);
    if (random.below(12) != 0)
      continue;
    auto kept = before->entries;
    if (kept.size() > 60)
      kept.erase(kept.begin(), kept.end() - 60);
    if (before->last)
      if (auto done = to.snapshot(app, term, before->last, kept); !done)
        fail(done.error().message);
  }
  return {term.value + 1};
}

/// Writes until a log is full and its bytes are on their way into a table, so
/// that the next crash leaves two logs. Returns false if the disk was too fast.
bool fill_log(store& to, const std::string& directory, epoch term,
              journal_digest& filled) {
  for (int i = 0; i < 64; ++i) {
    release_deployed big{{1}, std::string(200'000, 'y'), std::string(64, 'b')};
    app_change change{{"op", "maria", ""}, std::move(big)};
    auto last = filled.last;
    filled.add({{last.value + 1}, term, wall_time{1s}, change});
    if (auto done = to.append({filler, term, last, wall_time{1s}, {change}});
        !done)
      fail(done.error().message);
    if (count_logs(directory) > 1)
      return true;
  }
  return false;
}

/// The last session ends as a crash does, so that its logs stay.
int make(const std::string& directory, std::size_t bytes,
         std::uint64_t seed) {
  random_source random{seed};
  for (int i = 0; i < sessions; ++i) {
    auto opened = open_rocksdb_store(directory);
    if (!opened)
      fail(opened.error().message);
    auto next = write_session(**opened, bytes / sessions, random);
    if (i + 1 < sessions)
      continue;
    auto state = state_of(**opened);
    if (!state)
      fail(state.error().message);
    auto& filled
      = state->emplace(filler, journal_digest{filler, {}, 0, {}})
          .first->second;
    fill_log(**opened, directory, {next.value - 1}, filled);
    // Nothing more: the database must not get tidy.
    print_opened(*state, next);
    std::fflush(stdout);
    ::_exit(0);
  }
  return 0;
}

// -- opening ------------------------------------------------------------------

int open(const std::string& directory) {
  auto opened = open_rocksdb_store(directory);
  auto refuse = [](const error& why) {
    print_refused(to_string(why.code), why.message);
    return 0;
  };
  if (!opened)
    return refuse(opened.error());
  // The lease shows that it can be written, too.
  auto lease = (*opened)->lease("reader", 1h);
  if (!lease)
    return refuse(lease.error());
  auto state = state_of(**opened);
  if (!state)
    return refuse(state.error());
  print_opened(*state, lease->epoch);
  return 0;
}

int open_plain(const std::string& directory) {
  rocksdb::DB* raw = nullptr;
  auto status = rocksdb::DB::Open(rocksdb::Options{},
                                  database_of(directory).string(), &raw);
  std::unique_ptr<rocksdb::DB> db{raw};
  sha256_hasher hasher;
  std::uint64_t count = 0;
  if (status.ok()) {
    std::unique_ptr<rocksdb::Iterator> at{
      db->NewIterator(rocksdb::ReadOptions{})};
    for (at->SeekToFirst(); at->Valid(); at->Next(), ++count) {
      hasher.update(at->key().ToStringView());
      hasher.update(at->value().ToStringView());
    }
    status = at->status();
  }
  if (status.ok())
    print_opened(hasher.hex(), count);
  else
    print_refused(status.getState() ? "status" : "", status.ToString());
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  std::string_view verb = argc > 2 ? argv[1] : "";
  if (verb == "make" && argc == 5)
    return make(argv[2], std::strtoul(argv[3], nullptr, 10) << 20,
                std::strtoull(argv[4], nullptr, 10));
  if (verb == "open" && argc == 3)
    return open(argv[2]);
  if (verb == "plain" && argc == 3)
    return open_plain(argv[2]);
  std::fputs("usage: journal_store make DIR MEGABYTES SEED | open DIR | "
             "plain DIR\n",
             stderr);
  return 2;
}
