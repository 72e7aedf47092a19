#include "leader/plugins_kept.hpp"

#include "spec/spec_json.hpp"
#include "store/memory_store.hpp"

#include "support/sample_spec.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::chrono_literals;

namespace {

/// Journals of applications, whose release n has the plugin of n times a digit.
struct journals {
  memory_store store{[] { return time_point{1h}; }};
  serval::epoch epoch = store.lease("n1", 1h)->epoch;
  std::map<std::string, sequence> ends;

  void add(const std::string& app, change_kind what) {
    auto& end = ends[app];
    auto done = store.append({app, epoch, end, {}, {{{}, std::move(what)}}});
    REQUIRE(done);
    end = *done;
  }

  void deploy(const std::string& app, std::uint64_t number, char digit) {
    auto spec = sample_spec();
    spec.plugin_sha256 = plugin(digit);
    add(app, release_deployed{{number}, to_canonical_json(spec),
                              std::string(1, digit)});
  }

  static std::string plugin(char digit) {
    return std::string(64, digit);
  }
};

} // namespace

TEST_CASE("plugins of releases that serve, come or can be gone back to are "
          "kept") {
  journals all;
  all.deploy("shop", 1, '1');
  all.add("shop", release_promoted{{1}});
  all.deploy("shop", 2, '2');
  all.add("shop", release_promoted{{2}});
  all.deploy("other", 1, 'a');
  auto kept = plugins_kept(all.store);
  REQUIRE(kept);
  CHECK(*kept == std::set{all.plugin('1'), all.plugin('2'), all.plugin('a')});
  all.deploy("shop", 3, '3');
  CHECK(plugins_kept(all.store)->size() == 4);
  all.add("shop", release_promoted{{3}});
  all.add("other", application_deleted{});
  CHECK(*plugins_kept(all.store)
        == std::set{all.plugin('2'), all.plugin('3')});
}

TEST_CASE("what cannot be read may refer to any plugin") {
  journals all;
  all.deploy("shop", 1, '1');
  all.add("other", release_deployed{{1}, "{\"future\": true}", "hash"});
  auto kept = plugins_kept(all.store);
  REQUIRE_FALSE(kept);
  CHECK(kept.error().message.find("\"other\"") != std::string::npos);
}
