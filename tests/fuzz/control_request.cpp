#include "targets.hpp"

#include "base/assert.hpp"
#include "control/control_api.hpp"
#include "control/fake_plane.hpp"
#include "proxy/request_reader.hpp"
#include "spec/json_document.hpp"

#include <optional>

namespace serval {

namespace {

constexpr std::uint64_t body_bytes_max = 64 * 1024;

control_services services(control_plane& plane, artifact_store& artifacts) {
  return {plane, artifacts, [](auto job) { job(); },
          [] {
            return node_info{"n", "0.1", "127.0.0.1:1", "127.0.0.1:2",
                             "127.0.0.1:3", 7, std::chrono::seconds{9}};
          },
          [] { return std::optional<std::string>{}; },
          [] { return std::string{"serval_up 1\n"}; },
          [] { return std::string{"made-id"}; },
          [](const std::string&) -> result<journal> { return journal{}; },
          [](const std::string&) -> result<store_summary> {
            return store_summary{};
          }};
}

void check_answer(const http_response& answer) {
  SERVAL_ASSERT(answer.status >= 200 && answer.status <= 599);
  if (answer.status < 400)
    return;
  SERVAL_ASSERT(answer.content_type == "application/problem+json");
  SERVAL_ASSERT(parse_json_object(answer.body, "the answer"));
}

} // namespace

void fuzz_control_request(std::string_view input) {
  request_reader reader{head_limits{}, body_bytes_max};
  if (reader.read(input) != request_reader::verdict::complete)
    return;
  fake_plane plane;
  // Nothing can be kept there, so that no input leaves a file behind.
  artifact_store artifacts{"/dev/null/artifacts"};
  control_api api{services(plane, artifacts)};
  std::optional<http_response> answer;
  api.handle(reader.request(), [&](http_response response) {
    SERVAL_ASSERT(!answer);
    answer = std::move(response);
  });
  SERVAL_ASSERT(answer);
  check_answer(*answer);
}

} // namespace serval
