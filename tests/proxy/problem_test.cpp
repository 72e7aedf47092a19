#include "proxy/problem.hpp"

#include <boost/json/parse.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace serval;

namespace {

std::string field_of(const http_response& response, std::string_view name) {
  for (auto& field : response.fields)
    if (field.name == name)
      return field.value;
  return {};
}

boost::json::value json_of(const http_response& response) {
  CHECK(response.content_type == "application/problem+json");
  return boost::json::parse(response.body);
}

} // namespace

TEST_CASE("an answer is 200 with the bytes of the application") {
  auto response = to_response(outcome::success("{\"a\": 1}"), "id");
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json");
  CHECK(response.body == "{\"a\": 1}");
  CHECK(response.request_id == "id");
  auto type_of = [](std::string body) {
    return to_response(outcome::success(std::move(body)), "").content_type;
  };
  CHECK(type_of(" \n[1]") == "application/json");
  CHECK(type_of("<html>") == "application/octet-stream");
  CHECK(type_of("") == "application/octet-stream");
}

TEST_CASE("every failure has its code's status and tells the client no more "
          "than its sentence") {
  for (int i = 0; i < errc_count; ++i) {
    auto code = static_cast<errc>(i);
    if (code == errc::rejected)
      continue;
    auto response = to_response(outcome::failure(code, "secret"), "id");
    CAPTURE(to_string(code));
    auto expected = http_status_of(code);
    CHECK(response.status == (expected == 499 ? 503 : expected));
    CHECK(response.body.find("secret") == std::string::npos);
    auto document = json_of(response);
    CHECK(document.at("status").as_int64() == response.status);
    CHECK(document.at("request_id").as_string() == "id");
    CHECK_FALSE(document.at("detail").as_string().empty());
    CHECK(field_of(response, "retry-after").empty()
          == (response.status != 503));
    CHECK(field_of(response, "x-serval-maybe-executed").empty()
          == (response.status != 502));
  }
}

TEST_CASE("502 says whether user code may have run") {
  for (bool maybe : {false, true}) {
    auto response
      = to_response(outcome::failure(errc::worker_died, "", maybe), "");
    CHECK(field_of(response, "x-serval-maybe-executed")
          == (maybe ? "true" : "false"));
  }
}

TEST_CASE("a reject has the application's status and message") {
  auto response = to_response(outcome::reject(418, "no \"tea\"\n\xff"), "");
  CHECK(response.status == 418);
  auto document = json_of(response);
  CHECK(document.at("code").as_string() == "rejected");
  CHECK(document.at("detail").as_string() == "no \"tea\"\n\xef\xbf\xbd");
  CHECK_FALSE(document.as_object().contains("request_id"));
}

TEST_CASE("a refusal has the code of its status") {
  auto code_of = [](int status) {
    auto response = make_refusal(status, "why");
    CHECK(response.status == status);
    return json_of(response).at("code").as_string();
  };
  CHECK(code_of(413) == "body_too_large");
  CHECK(code_of(408) == "request_timeout");
  CHECK(code_of(503) == "overload");
  CHECK(code_of(505) == "bad_request");
}

TEST_CASE("a reject with a status that is no client error is a user error") {
  for (std::uint16_t status : {0, 200, 399, 500, 999})
    CHECK(to_response(outcome::reject(status, "x"), "").status == 500);
}
