#include "leader/sure_reply.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace serval;

namespace {

const error lost{errc::unavailable, "lost"};

} // namespace

TEST_CASE("a reply that goes without having been called says so, once") {
  std::vector<result<int>> heard;
  {
    auto reply
      = make_sure<int>([&](auto what) { heard.push_back(what); }, lost);
    auto copy = reply;
    reply = nullptr;
    CHECK(heard.empty());
  }
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].error() == lost);
}

TEST_CASE("a reply that was called says nothing more") {
  std::vector<result<int>> heard;
  {
    auto reply
      = make_sure<int>([&](auto what) { heard.push_back(what); }, lost);
    auto copy = reply;
    reply(3);
    copy(4);
  }
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].value() == 3);
}
