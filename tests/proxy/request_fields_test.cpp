#include "proxy/request_fields.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace serval;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

result<request_fields> read(std::vector<header_field> fields) {
  request_head head;
  head.fields = std::move(fields);
  return read_request_fields(head);
}

/// The error's code, or none.
std::optional<errc> refusal_of(std::vector<header_field> fields) {
  auto result = read(std::move(fields));
  return result ? std::optional<errc>{} : result.error().code;
}

} // namespace

TEST_CASE("fields that are absent leave the defaults") {
  auto fields = read({{"Host", "a"}, {"Accept", "*/*"}});
  REQUIRE(fields);
  CHECK(fields->request_id.empty());
  CHECK(fields->trace_parent.empty());
  CHECK_FALSE(fields->timeout);
  CHECK(fields->priority == priority::high);
}

TEST_CASE("fields are read whatever the case of their names") {
  auto fields = read({{"X-Request-ID", "r-1"},
                      {"TraceParent", "00-abc-def-01"},
                      {"x-request-timeout-seconds", "0.25"},
                      {"X-Request-Priority", "low"},
                      {"Content-Encoding", "identity"},
                      {"Content-Type", "text/plain"}});
  REQUIRE(fields);
  CHECK(fields->request_id == "r-1");
  CHECK(fields->trace_parent == "00-abc-def-01");
  CHECK(fields->timeout == 250ms);
  CHECK(fields->priority == priority::low);
}

TEST_CASE("a timeout is a plain decimal above zero, up to a day") {
  for (auto value : {"1", "0.001", "86400", "007", "1.50"}) {
    CAPTURE(value);
    CHECK_FALSE(refusal_of({{"x-request-timeout-seconds", value}}));
  }
  for (auto value :
       {"", "0", "0.0", "-1", "+1", "1e3", "1e309", "NaN", "nan", "inf", "0x1",
        "1000000000000000000000000000000", "86400.1", "1,5", ".5", "5.",
        "1.2.3", "1s", "1 2", "0.0000000000001",
        "0.00000000000000000000000000000000000000000001"}) {
    CAPTURE(value);
    CHECK(refusal_of({{"x-request-timeout-seconds", value}})
          == errc::bad_request);
  }
}

TEST_CASE("ids are short and visible ASCII") {
  for (auto name : {"x-request-id", "traceparent"}) {
    CHECK_FALSE(refusal_of({{name, std::string(128, 'a')}}));
    for (auto& value :
         {""s, std::string(10'000, 'a'), "a b"s, "\xc3\xa4"s, "a\tb"s}) {
      CAPTURE(value.substr(0, 10));
      CHECK(refusal_of({{name, value}}) == errc::bad_request);
    }
  }
  CHECK(refusal_of({{"x-request-id", std::string(129, 'a')}})
        == errc::bad_request);
  // An escaped line end is just text.
  CHECK_FALSE(refusal_of({{"x-request-id", "a%0d%0ab"}}));
}

TEST_CASE("priorities are high and low") {
  CHECK_FALSE(refusal_of({{"x-request-priority", "high"}}));
  for (auto value : {"", "HIGH", "urgent", "1"})
    CHECK(refusal_of({{"x-request-priority", value}}) == errc::bad_request);
}

TEST_CASE("a field that must be one must not come twice") {
  for (auto [name, value] :
       {std::pair{"x-request-id", "a"}, {"traceparent", "a"},
        {"x-request-timeout-seconds", "1"}, {"x-request-priority", "high"},
        {"content-type", "text/plain"}}) {
    CAPTURE(name);
    CHECK(refusal_of({{name, value}, {name, value}}) == errc::bad_request);
  }
}

TEST_CASE("an encoded body is not supported") {
  for (auto value : {"gzip", "br", "gzip, gzip", ""})
    CHECK(refusal_of({{"content-encoding", value}})
          == errc::unsupported_media);
}

TEST_CASE("request ids that are made differ and can be told from the seed") {
  random_source random{1};
  std::set<std::string> ids;
  for (int i = 0; i < 10'000; ++i) {
    auto id = make_request_id(random);
    CHECK(id.size() == 15);
    CHECK(ids.insert(id).second);
  }
  random_source again{1};
  CHECK(ids.contains(make_request_id(again)));
}
