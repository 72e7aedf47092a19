#include "app_master/desired_app.hpp"

#include "app_master/app_master_rig.hpp"

using namespace serval;

namespace {

void apply_next(desired_app& app, change_kind what,
                std::string operation = {}) {
  apply(app, {app.last.value + 1},
        {{std::move(operation), "maria", ""}, std::move(what)});
}

release_deployed deployed(std::uint64_t number) {
  return {{number}, to_canonical_json(sample_spec()), "hash"};
}

} // namespace

TEST_CASE("a release serves once it is promoted, not when it is deployed") {
  desired_app app;
  apply_next(app, deployed(1));
  CHECK_FALSE(app.serving);
  REQUIRE(app.target);
  apply_next(app, release_promoted{{1}});
  REQUIRE(app.serving);
  CHECK(app.serving->number.value == 1);
  CHECK_FALSE(app.target);
}

TEST_CASE("a failed release leaves the serving one alone") {
  desired_app app;
  apply_next(app, deployed(1));
  apply_next(app, release_promoted{{1}});
  apply_next(app, deployed(2));
  apply_next(app, release_failed{{2}, "no model"});
  CHECK(app.serving->number.value == 1);
  CHECK(app.failed->reason == "no model");
  apply_next(app, deployed(3));
  CHECK_FALSE(app.failed);
  CHECK(app.newest.value == 3);
}

TEST_CASE("scaling belongs to one release") {
  desired_app app;
  apply_next(app, deployed(1));
  apply_next(app, release_promoted{{1}});
  apply_next(app, workers_scaled{{1}, "back", 9});
  apply_next(app, deployed(2));
  const auto& back = app.serving->spec->backends[0];
  CHECK(app.serving->workers_of(back) == 9);
  CHECK(app.target->workers_of(back) == 2);
}

TEST_CASE("changes that do not fit are counted and change nothing else") {
  desired_app app;
  apply_next(app, deployed(1));
  apply_next(app, release_promoted{{7}});
  apply_next(app, release_failed{{7}, "?"});
  apply_next(app, workers_scaled{{7}, "back", 3});
  CHECK(app.last.value == 4);
  CHECK(app.target->number.value == 1);
  CHECK_FALSE(app.serving);
  CHECK_FALSE(app.failed);
}

TEST_CASE("a spec that cannot be read is a release with a problem") {
  desired_app app;
  apply_next(app, release_deployed{{1}, "{\"name\": 3}", "h"});
  REQUIRE(app.target);
  CHECK(app.target->spec == nullptr);
  CHECK_FALSE(app.target->problem.empty());
}

TEST_CASE("the last operations are remembered, older ones forgotten") {
  desired_app app;
  for (std::size_t i = 0; i <= remembered_operations; ++i)
    apply_next(app, workers_scaled{}, "op-" + std::to_string(i));
  CHECK(find_operation(app, "op-0") == nullptr);
  REQUIRE(find_operation(app, "op-1") != nullptr);
  CHECK(find_operation(app, "op-1")->number.value == 2);
  CHECK(find_operation(app, "") == nullptr);
}
