// The three layers together, with serval/testing.hpp as their host.

#include "layers.hpp"

#include "serval/testing.hpp"
#include "support/test_data.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

using namespace bank_monitor;
using serval::call_outcome;
using serval::testing::failure;
using serval::testing::fake_app;

namespace json = boost::json;

namespace {

/// A file of twelve equal values and one more at the end.
std::string series_ending_in(const std::string& last) {
  std::string text = "TimeStamp,Value,Label\n";
  for (int i = 0; i < 12; ++i)
    text += "2018-04-01 00:00:00,5,0\n";
  return text + "2018-04-01 00:00:01," + last + ",0\n";
}

/// Two banks: `calm` with one indicator, `busy` with two and an untidy file.
class rig {
public:
  rig() : app{{{"data_dir", root.path().string()}}} {
    root.write("calm/one.csv", series_ending_in("5"));
    root.write("busy/one.csv", series_ending_in("9"));
    root.write("busy/two.csv", series_ending_in("5") + "junk\n");
    root.write("busy/bad.csv", "junk\n");
    app.add<strategy>("strategy");
    app.add<bank>("bank");
    app.add<indicator>("indicator");
  }

  json::object ask(std::string_view request) {
    return json::parse(app.call("strategy", request)).as_object();
  }

  /// The status with which a request is rejected, or 200.
  int status_of(std::string_view request) {
    try {
      app.call("strategy", request);
    } catch (const serval::reject& refusal) {
      return refusal.status();
    }
    return 200;
  }

  temporary_folder root;
  fake_app app;
};

/// "BANK/INDICATOR REASON" of each entry of `missing`.
std::vector<std::string> missing_in(const json::object& reply) {
  std::vector<std::string> found;
  for (const auto& value : reply.at("missing").as_array()) {
    const auto& entry = value.as_object();
    std::string text{entry.at("bank").as_string()};
    if (auto indicator = entry.if_contains("indicator"))
      text += "/" + std::string{indicator->as_string()};
    found.push_back(text + " " + std::string{entry.at("reason").as_string()});
  }
  return found;
}

using strings = std::vector<std::string>;

/// Whether two JSON values are alike, numbers within 1e-9 relative; says where
/// they differ.
bool alike(const json::value& left, const json::value& right,
           const std::string& where) {
  if (left.is_object() && right.is_object()) {
    auto good = left.as_object().size() == right.as_object().size();
    for (const auto& [key, value] : left.as_object()) {
      auto other = right.as_object().if_contains(key);
      good = other && alike(value, *other, where + "/" + std::string{key})
             && good;
    }
    CHECK_MESSAGE(good, where);
    return good;
  }
  if (left.is_number() && right.is_number()) {
    auto a = left.to_number<double>();
    auto b = right.to_number<double>();
    auto good = std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b));
    CHECK_MESSAGE(good, where << ": " << a << " and " << b);
    return good;
  }
  CHECK_MESSAGE(left == right, where);
  return left == right;
}

} // namespace

TEST_CASE("a request for everything finds every bank and indicator") {
  rig rig;
  auto reply = rig.ask("{}");
  const auto& banks = reply.at("banks").as_object();
  CHECK(banks.size() == 2);
  CHECK(banks.at("calm").at("state").as_string() == "healthy");
  CHECK(banks.at("busy").at("state").as_string() == "critical");
  CHECK(banks.at("busy").at("indicators").as_object().size() == 2);
  CHECK(banks.at("busy").at("score").as_double() == doctest::Approx(0.5));
  CHECK(banks.at("calm").at("weight").as_double()
        == doctest::Approx(2.0 / 3));
  CHECK(reply.at("skipped_lines").to_number<int>() == 1);
  CHECK(missing_in(reply) == strings{"busy/bad unreadable"});
}

TEST_CASE("only what is named is answered") {
  rig rig;
  auto reply = rig.ask(R"({"banks": {"busy": ["one"]}})");
  const auto& banks = reply.at("banks").as_object();
  CHECK(banks.size() == 1);
  CHECK(banks.at("busy").at("indicators").as_object().size() == 1);
  CHECK(reply.at("skipped_lines").to_number<int>() == 0);
  CHECK(missing_in(reply).empty());
}

TEST_CASE("`points` and `at` reach the leaves") {
  rig rig;
  auto count = [&](std::string_view request) {
    return rig.ask(request)
      .at("banks").at("calm").at("indicators").at("one").at("count")
      .to_number<int>();
  };
  CHECK(count("{}") == 13);
  CHECK(count(R"({"points": 3})") == 3);
  CHECK(count(R"({"at": "2018-04-01T00:00:00Z"})") == 12);
  CHECK(count(R"({"at": "2018-03-31T00:00:00Z"})") == 0);
}

TEST_CASE("what is not there is missing beside what is") {
  rig rig;
  auto reply = rig.ask(R"({"banks": {"gone": [], "busy": ["one", "lost"]}})");
  CHECK(reply.at("banks").as_object().size() == 1);
  CHECK(missing_in(reply)
        == strings{"busy/lost not_found", "gone not_found"});
}

TEST_CASE("nothing that exists is 404") {
  rig rig;
  CHECK(rig.status_of(R"({"banks": {"gone": []}})") == 404);
  CHECK(rig.status_of(R"({"banks": {"gone": ["one"], "busy": ["lost"]}})")
        == 404);
  CHECK(rig.status_of(R"({"banks": {".git": []}})") == 404);
  CHECK(rig.status_of(R"({"banks": {}})") == 404);
}

TEST_CASE("a bank without indicators, or with bad ones only, is an answer") {
  rig rig;
  std::filesystem::create_directories(rig.root.path() / "empty");
  auto reply = rig.ask(R"({"banks": {"empty": []}})");
  const auto& bank = reply.at("banks").at("empty").as_object();
  CHECK(bank.at("state").as_string() == "no_data");
  CHECK(bank.at("weight").to_number<double>() == 0);
  CHECK(rig.status_of(R"({"banks": {"busy": ["bad"]}})") == 200);
}

TEST_CASE("a malformed request is 400") {
  rig rig;
  for (auto request : {"", "no", "[]", R"({"points": 0})",
                       R"({"banks": {"../calm": []}})",
                       R"({"banks": {"calm": ["../calm/one"]}})"})
    CHECK_MESSAGE(rig.status_of(request) == 400, request);
}

TEST_CASE("a folder that is gone is a failure, whatever was named") {
  rig rig;
  std::filesystem::remove_all(rig.root.path());
  CHECK_THROWS_AS(rig.app.call("strategy", "{}"), std::runtime_error);
  CHECK_THROWS_AS(rig.app.call("strategy", R"({"banks": {"calm": []}})"),
                  std::runtime_error);
}

TEST_CASE("a leaf that dies or is late is missing, with the reason") {
  rig rig;
  rig.app.add("indicator", [](serval::context& ctx, std::string_view request) {
    if (request.find("calm") != request.npos)
      throw failure{call_outcome::worker_died, "signal 11"};
    if (request.find("two") != request.npos)
      ctx.sleep(std::chrono::minutes{1});
    return serval::to_json(indicator_reply{});
  });
  auto reply = rig.ask(R"({"banks": {"calm": ["one"], "busy": []}})");
  CHECK(missing_in(reply)
        == strings{"busy/two timeout", "calm/one worker_died"});
  CHECK(reply.at("banks").at("busy").at("indicators").as_object().size() == 2);
}

TEST_CASE("a bank that is late costs no other bank") {
  rig rig;
  rig.app.add("bank", [](serval::context& ctx, std::string_view request) {
    if (request.find("calm") != request.npos)
      ctx.sleep(std::chrono::minutes{1});
    return serval::to_json(bank_reply{});
  });
  auto reply = rig.ask("{}");
  CHECK(missing_in(reply) == strings{"calm timeout"});
  CHECK(rig.app.elapsed() < std::chrono::seconds{10});
}

TEST_CASE("nothing answered at all is a failure") {
  rig rig;
  rig.app.add("bank", [](std::string_view) -> std::string {
    throw failure{call_outcome::worker_died, "signal 11"};
  });
  CHECK_THROWS_WITH(rig.app.call("strategy", "{}"),
                    "bank \"busy\": signal 11 (and 1 more)");
}

TEST_CASE("the answer on real data is as expected"
          * doctest::skip(!serval::has_test_data())) {
  auto metrics = serval::test_data() / "metrics";
  fake_app app{{{"data_dir", metrics.string()}}};
  app.add<strategy>("strategy");
  app.add<bank>("bank");
  app.add<indicator>("indicator");
  std::ostringstream expected;
  expected << std::ifstream{metrics / "expected_288.json"}.rdbuf();
  auto reply = json::parse(app.call("strategy", R"({"points": 288})"));
  CHECK(alike(reply.at("banks"), json::parse(expected.str()).at("banks"),
              "banks"));
  CHECK(reply.at("skipped_lines").to_number<int>() == 42);
  CHECK(missing_in(reply.as_object()).empty());
}
