// How long a daemon takes to read its store when it starts: everything is
// checked, then each application's journal is read and replayed.
//
// usage: store_recovery applications COUNT CHANGES FOLDER
//        store_recovery changes COUNT FOLDER
//
// The first makes a store of so many applications with so many changes each,
// the second one application with so many changes, compacted as an app_master
// does it. Both end it as a crash would and print what recovery takes.

#include "app_master/compaction.hpp"
#include "app_master/desired_app.hpp"
#include "spec/spec_json.hpp"
#include "store/rocksdb_store.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include <sys/wait.h>
#include <unistd.h>

using namespace serval;

namespace {

using clock_type = std::chrono::steady_clock;

[[noreturn]] void fail(std::string_view why) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(why.size()), why.data());
  std::_Exit(1);
}

/// Three layers with 60 workers, and about as many settings as strategies have.
app_spec make_spec(std::size_t number) {
  app_spec spec;
  spec.name = "application-" + std::to_string(number);
  spec.route = "/" + spec.name;
  spec.entry = "strategy";
  spec.plugin = spec.name + ".so";
  spec.plugin_sha256 = std::string(64, 'a');
  for (int i = 0; i < 20; ++i)
    spec.config["setting_" + std::to_string(i)] = std::string(40, 'x');
  for (auto [name, workers] : {std::pair{"bank", 10u}, {"indicator", 48u},
                               {"strategy", 2u}}) {
    backend_spec backend;
    backend.name = name;
    backend.workers = workers;
    spec.backends.push_back(backend);
  }
  return spec;
}

app_change make_change(std::size_t number, const app_spec& spec) {
  change_cause cause{std::string(24, 'a') + std::to_string(number), "operator",
                     "more load"};
  if (number == 0)
    return {cause,
            release_deployed{{1}, to_canonical_json(spec), release_hash(spec)}};
  if (number == 1)
    return {{{}, "serval", {}}, release_promoted{{1}}};
  return {cause,
          workers_scaled{{1}, "indicator",
                         static_cast<std::uint32_t>(40 + number % 20)}};
}

class writer {
public:
  explicit writer(const std::string& folder) {
    auto opened = open_rocksdb_store(folder);
    if (!opened)
      fail(opened.error().message);
    to_ = std::move(*opened);
    term_ = to_->lease("bench", std::chrono::hours{1})->epoch;
  }

  void append(const app_spec& spec, std::size_t first, std::size_t count) {
    append_request request{spec.name, term_, {first}, {}, {}};
    for (std::size_t i = 0; i < count; ++i)
      request.changes.push_back(make_change(first + i, spec));
    if (auto done = to_->append(request); !done)
      fail(done.error().message);
  }

  void compact(const app_spec& spec, std::size_t upto) {
    if (auto done = serval::compact(*to_, spec.name, term_, {upto}); !done)
      fail(done.error().message);
  }

private:
  std::unique_ptr<store> to_;
  epoch term_;
};

void write_applications(const std::string& folder, std::size_t count,
                        std::size_t changes) {
  writer out{folder};
  for (std::size_t i = 0; i < count; ++i)
    out.append(make_spec(i), 0, changes);
  ::_exit(0);
}

void write_changes(const std::string& folder, std::size_t count) {
  writer out{folder};
  auto spec = make_spec(0);
  for (std::size_t i = 0; i < count; i += superfluous_max) {
    out.append(spec, i, superfluous_max);
    out.compact(spec, i + superfluous_max);
  }
  ::_exit(0);
}

std::uintmax_t bytes_in(const std::string& folder) {
  std::uintmax_t total = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator{folder})
    if (entry.is_regular_file())
      total += entry.file_size();
  return total;
}

void measure(const std::string& folder) {
  auto bytes = bytes_in(folder);
  auto start = clock_type::now();
  auto opened = open_rocksdb_store(folder);
  if (!opened)
    fail(opened.error().message);
  auto checked = clock_type::now();
  std::size_t entries = 0;
  std::uint64_t changes = 0;
  auto names = (*opened)->applications();
  if (!names)
    fail(names.error().message);
  for (const auto& name : *names) {
    auto read = (*opened)->read(name);
    if (!read)
      fail(read.error().message);
    if (!replay(*read).serving)
      fail("an application has no release");
    entries += read->entries.size();
    changes += read->last.value;
  }
  auto end = clock_type::now();
  auto seconds = [](auto span) {
    return std::chrono::duration<double>(span).count();
  };
  std::printf("{\"seconds\": %.4f, \"check_seconds\": %.4f, \"changes\": %llu, "
              "\"entries\": %zu, \"mib\": %.2f}\n",
              seconds(end - start), seconds(checked - start),
              static_cast<unsigned long long>(changes), entries,
              static_cast<double>(bytes) / (1 << 20));
}

/// Runs `write` in a process that ends without tidying up.
template <class F>
void apart(F write) {
  std::fflush(stdout);
  auto child = ::fork();
  if (child == 0)
    write();
  auto status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0)
    fail("the store was not written");
}

} // namespace

int main(int argc, char** argv) {
  std::string_view verb = argc > 1 ? argv[1] : "";
  auto number = [&](int at) { return std::strtoul(argv[at], nullptr, 10); };
  if (verb == "applications" && argc == 5) {
    apart([&] { write_applications(argv[4], number(2), number(3)); });
    measure(argv[4]);
  } else if (verb == "changes" && argc == 4) {
    apart([&] { write_changes(argv[3], number(2)); });
    measure(argv[3]);
  } else {
    std::fputs("usage: store_recovery applications COUNT CHANGES FOLDER\n"
               "       store_recovery changes COUNT FOLDER\n",
               stderr);
    return 2;
  }
}
