#include "app_master/commands.hpp"

#include "app_master/app_master_rig.hpp"

using namespace serval;

namespace {

desired_app after(std::vector<change_kind> changes) {
  desired_app app;
  for (auto& what : changes)
    apply(app, {app.last.value + 1}, {{}, std::move(what)});
  return app;
}

desired_app with_release() {
  return after({release_deployed{{1}, to_canonical_json(sample_spec()), "h"},
                release_promoted{{1}}});
}

result<std::vector<app_change>> ask(const desired_app& app,
                                    decltype(app_command::what) what) {
  return decide(app, "shop", {{"op", "maria", "test"}, std::move(what)});
}

} // namespace

TEST_CASE("a deploy makes the next release and names its cause") {
  auto changes = ask(with_release(), deploy_release{sample_spec()});
  REQUIRE(changes);
  REQUIRE(changes->size() == 1);
  CHECK(changes->front().cause == change_cause{"op", "maria", "test"});
  auto* release = std::get_if<release_deployed>(&changes->front().what);
  REQUIRE(release);
  CHECK(release->number.value == 2);
  CHECK(release->hash == release_hash(sample_spec()));
  CHECK(*parse_spec_json(release->spec) == *parse_spec_json(
          to_canonical_json(sample_spec())));
}

TEST_CASE("a spec that breaks a rule is refused") {
  auto spec = sample_spec();
  spec.backends[0].workers = 0;
  CHECK(ask({}, deploy_release{spec}).error().code == errc::bad_request);
  spec = sample_spec();
  spec.entry = "nobody";
  CHECK(ask({}, deploy_release{spec}).error().code == errc::bad_request);
  spec = sample_spec();
  spec.name = "other";
  CHECK(ask({}, deploy_release{spec}).error().code == errc::bad_request);
  spec = sample_spec();
  spec.plugin_sha256.clear();
  CHECK(ask({}, deploy_release{spec}).error().code == errc::bad_request);
}

TEST_CASE("a backend is scaled to a sensible number and by its name") {
  auto app = with_release();
  CHECK(ask(app, scale_backend{"back", 3})->size() == 1);
  CHECK(ask(app, scale_backend{"back", 0}).error().code == errc::bad_request);
  CHECK(ask(app, scale_backend{"back", 100'001}).error().code
        == errc::bad_request);
  auto unknown = ask(app, scale_backend{"bank", 3});
  CHECK(unknown.error().code == errc::not_found);
  CHECK(unknown.error().message.find("back, front") != std::string::npos);
}

TEST_CASE("of a command that changes nothing only that is noted, in the words "
          "of one that changes something") {
  auto spec = sample_spec();
  auto app = after({release_deployed{{1}, to_canonical_json(spec),
                                     release_hash(spec)},
                    release_promoted{{1}}});
  for (decltype(app_command::what) what :
       {decltype(app_command::what){scale_backend{"back", 2}},
        decltype(app_command::what){deploy_release{spec}}}) {
    auto changes = ask(app, what);
    REQUIRE(changes->size() == 1);
    auto* noted = std::get_if<nothing_changed>(&changes->front().what);
    REQUIRE(noted);
    CHECK(changes->front().cause == change_cause{"op", "maria", "test"});
    CHECK(operation_text(changes->front().what) == noted->command);
    CHECK(noted->command
          == operation_text(ask(after({release_deployed{{1},
                                         to_canonical_json(sample_spec(2)),
                                         "h"},
                                       release_promoted{{1}},
                                       workers_scaled{{1}, "back", 9}}),
                                what)
                              ->front()
                              .what));
    CHECK(decide(app, "shop", {{}, what})->empty());
  }
}

TEST_CASE("an application that does not exist is neither scaled nor deleted") {
  CHECK(ask({}, scale_backend{"back", 3}).error().code == errc::not_found);
  CHECK(ask({}, delete_application{}).error().code == errc::not_found);
  auto deleted = with_release();
  apply(deleted, {3}, {{}, application_deleted{}});
  CHECK(ask(deleted, scale_backend{"back", 3}).error().code
        == errc::not_found);
  CHECK(ask(deleted, delete_application{}).error().code == errc::not_found);
}

TEST_CASE("an older journal is spared the note that nothing changed") {
  auto noted = std::vector<app_change>{{{"op", "maria", ""},
                                        nothing_changed{"scale back 2"}}};
  REQUIRE(fit_into(2, noted));
  CHECK(*fit_into(2, noted) == noted);
  CHECK(fit_into(1, noted)->empty());
}

TEST_CASE("what an older journal cannot say is refused whole") {
  std::vector<app_change> changes{{{}, release_promoted{{1}}},
                                  {{"op", "maria", ""}, orphans_adopted{{1}}}};
  REQUIRE(fit_into(2, changes));
  CHECK(*fit_into(2, changes) == changes);
  auto refused = fit_into(1, changes);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::conflict);
  CHECK(refused.error().message.find("older version") != std::string::npos);
}
