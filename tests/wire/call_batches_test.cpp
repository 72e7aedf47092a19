#include "wire/call_batches.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace serval;
using namespace std::literals;

namespace {

worker_call call_of(std::uint64_t id, std::string body,
                    std::shared_ptr<const request_context> context) {
  return {{id}, 3, std::move(context), payload::own(std::move(body))};
}

} // namespace

TEST_CASE("calls come out of a batch as they went in, on the other's clock") {
  auto context = std::make_shared<request_context>(
    request_context{"r1", "t1", time_point{10s}, priority::low});
  auto other = std::make_shared<request_context>(
    request_context{"r2", "", time_point{20s}, priority::high});
  std::vector<worker_call> calls{call_of(1, "one", context),
                                 call_of(2, "", context),
                                 call_of(3, "three", other)};
  auto batch = batch_of({7}, calls, time_point{4s});
  CHECK(batch.worker == worker_id{7});
  CHECK(batch.contexts.size() == 2);
  auto back = calls_of(batch, time_point{1000s});
  REQUIRE(back.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(back[i].id == calls[i].id);
    CHECK(back[i].depth == 3);
    CHECK(back[i].request.bytes == calls[i].request.bytes);
    CHECK(back[i].request.bytes.data() != calls[i].request.bytes.data());
  }
  CHECK(back[0].context == back[1].context);
  CHECK(back[0].context->request_id == "r1");
  CHECK(back[0].context->priority == priority::low);
  CHECK(back[0].context->deadline == time_point{1006s});
  CHECK(back[2].context->deadline == time_point{1016s});
}

TEST_CASE("a batch is closed when it is long, and never empty") {
  auto context = std::make_shared<request_context>();
  std::vector<worker_call> calls;
  auto sizes = [&] {
    std::vector<std::size_t> result;
    for_each_call_batch(calls, [&](std::span<const worker_call> batch) {
      result.push_back(batch.size());
    });
    return result;
  };
  CHECK(sizes().empty());
  for (auto size : {10u, 3u << 20, 10u, 10u})
    calls.push_back(call_of(1, std::string(size, 'x'), context));
  CHECK(sizes() == std::vector<std::size_t>{1, 1, 2});
  calls.assign(5000, call_of(1, "", context));
  CHECK(sizes() == std::vector<std::size_t>{4096, 904});
}
