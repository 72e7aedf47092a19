#include "proxy/access_log.hpp"

#include <boost/json/parse.hpp>

#include <doctest/doctest.h>

using namespace serval;

namespace {

class test_sink : public access_log_sink {
public:
  bool take(std::string& lines) override {
    if (behind)
      return false;
    taken += std::exchange(lines, {});
    ++batches;
    return true;
  }

  std::string taken;
  int batches = 0;
  bool behind = false;
};

access_record example() {
  access_record record;
  record.at = wall_time{std::chrono::milliseconds{1'500'000'000'042}};
  record.method = "POST";
  record.application = "hello";
  record.route = "/hello";
  record.status = 200;
  record.latency = std::chrono::microseconds{1234};
  record.request_id = "r1";
  record.bytes_in = 3;
  record.bytes_out = 5;
  return record;
}

} // namespace

TEST_CASE("a request is one line of JSON") {
  std::string line;
  append_line(example(), line);
  CHECK(line
        == "{\"at\":\"2017-07-14T02:40:00.042Z\",\"method\":\"POST\","
           "\"app\":\"hello\",\"route\":\"/hello\",\"status\":200,"
           "\"ms\":1.234,\"request_id\":\"r1\",\"bytes_in\":3,"
           "\"bytes_out\":5}\n");
}

TEST_CASE("no text can break the line or the object") {
  auto record = example();
  record.request_id = "a\"\\\n\r\x1b\x7f{}";
  std::string line;
  append_line(record, line);
  CHECK(line.find('\n') == line.size() - 1);
  CHECK(boost::json::parse(line).at("request_id").as_string()
        == record.request_id);
}

TEST_CASE("lines are handed on in batches, and the rest when asked") {
  test_sink sink;
  access_log log{sink};
  for (int i = 0; i < 1000; ++i)
    log.write(example());
  CHECK(sink.batches > 0);
  CHECK(sink.batches < 10);
  log.flush();
  CHECK(std::count(sink.taken.begin(), sink.taken.end(), '\n') == 1000);
  auto batches = sink.batches;
  log.flush();
  CHECK(sink.batches == batches);
}

TEST_CASE("lines are dropped and counted while the sink is behind") {
  test_sink sink;
  sink.behind = true;
  access_log log{sink};
  for (int i = 0; i < 10'000; ++i)
    log.write(example());
  CHECK(log.dropped() > 0);
  sink.behind = false;
  log.flush();
  auto kept = std::count(sink.taken.begin(), sink.taken.end(), '\n') - 1;
  CHECK(static_cast<std::uint64_t>(kept) + log.dropped() == 10'000);
  CHECK(sink.taken.ends_with("{\"dropped_lines\":"
                             + std::to_string(log.dropped()) + "}\n"));
}
