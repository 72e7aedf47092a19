// Typed bodies.

#include "serval/json.hpp"
#include "serval/testing.hpp"

#include <doctest/doctest.h>

namespace {

struct sum_request {
  std::vector<int> numbers;
};

sum_request tag_invoke(boost::json::value_to_tag<sum_request>,
                       const boost::json::value& value) {
  return {boost::json::value_to<std::vector<int>>(value.at("numbers"))};
}

class sum : public serval::json_backend<sum_request, double> {
public:
  double answer(serval::context&, const sum_request& request) override {
    double total = 0;
    for (auto each : request.numbers)
      total += each;
    return total / 2;
  }
};

std::string refusal(std::string_view body) {
  serval::testing::fake_app app;
  app.add<sum>("sum");
  try {
    app.call("sum", body);
  } catch (const serval::reject& problem) {
    CHECK(problem.status() == 400);
    return problem.message();
  }
  return "none";
}

} // namespace

TEST_CASE("a typed backend reads and writes JSON") {
  serval::testing::fake_app app;
  app.add<sum>("sum");
  auto text = app.call("sum", R"( {"numbers": [1, 2]} )");
  CHECK(serval::from_json<double>(text) == 1.5);
}

TEST_CASE("a body that is no JSON is rejected, and the message says where") {
  CHECK(refusal("").starts_with("the body is not valid JSON near byte 0"));
  CHECK(refusal("{]").starts_with("the body is not valid JSON near byte 1"));
  CHECK(refusal("{} x").starts_with("the body is not valid JSON near byte 3"));
  CHECK(refusal("{").starts_with("the body is not valid JSON"));
}

TEST_CASE("a body of another form is rejected") {
  CHECK(refusal("[]").starts_with("the body has an unexpected form"));
  CHECK(refusal(R"({"numbers": ["a"]})")
          .starts_with("the body has an unexpected form"));
}
