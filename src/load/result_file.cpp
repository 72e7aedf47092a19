#include "load/result_file.hpp"

#include <boost/json.hpp>

#include <fmt/format.h>

#include <cmath>

namespace serval {

namespace json = boost::json;

namespace {

constexpr int format_version = 1;

double us(duration span) {
  return static_cast<double>(span.count()) / 1e3;
}

duration from_us(const json::value& value) {
  return duration{std::llround(value.to_number<double>() * 1e3)};
}

double seconds(duration span) {
  return std::chrono::duration<double>(span).count();
}

duration from_seconds(const json::value& value) {
  return duration{std::llround(value.to_number<double>() * 1e9)};
}

json::object latency_json(const latency_summary& latency) {
  return {{"count", latency.count}, {"min", us(latency.min)},
          {"mean", us(latency.mean)}, {"p50", us(latency.p50)},
          {"p90", us(latency.p90)},   {"p99", us(latency.p99)},
          {"p99.9", us(latency.p999)}, {"max", us(latency.max)}};
}

latency_summary read_latency(const json::value& value) {
  const auto& from = value.as_object();
  return {from.at("count").to_number<std::uint64_t>(),
          from_us(from.at("min")),
          from_us(from.at("mean")),
          from_us(from.at("p50")),
          from_us(from.at("p90")),
          from_us(from.at("p99")),
          from_us(from.at("p99.9")),
          from_us(from.at("max"))};
}

json::array timeline_json(const std::vector<timeline_point>& timeline) {
  json::array points;
  for (std::size_t i = 0; i < timeline.size(); ++i) {
    const auto& point = timeline[i];
    points.push_back(json::object{{"second", i},
                                  {"ok", point.ok},
                                  {"failed", point.failed},
                                  {"p50_us", us(point.p50)},
                                  {"p99_us", us(point.p99)},
                                  {"max_us", us(point.max)}});
  }
  return points;
}

timeline_point read_point(const json::value& value) {
  const auto& from = value.as_object();
  return {from.at("ok").to_number<std::uint64_t>(),
          from.at("failed").to_number<std::uint64_t>(),
          from_us(from.at("p50_us")), from_us(from.at("p99_us")),
          from_us(from.at("max_us"))};
}

json::array buckets_json(const run_result& run) {
  json::array buckets;
  for (const auto& [index, count] : run.latency_buckets)
    buckets.push_back(json::array{index, count});
  return buckets;
}

json::object facts_json(const run_facts& facts) {
  json::object parameters;
  for (const auto& [name, value] : facts.parameters)
    parameters[name] = value;
  return {{"parameters", std::move(parameters)},
          {"started", facts.started},
          {"begun_monotonic_ns", facts.begun.count()},
          {"warm_up_seconds", seconds(facts.warm_up)},
          {"measured_seconds", seconds(facts.measured)},
          {"open_loop", facts.open_loop},
          {"generator_cpu", facts.generator_cpu},
          {"interrupted", facts.interrupted}};
}

run_facts read_facts(const json::object& from) {
  run_facts facts;
  for (const auto& [name, value] : from.at("parameters").as_object())
    facts.parameters.emplace_back(name, json::value_to<std::string>(value));
  facts.started = json::value_to<std::string>(from.at("started"));
  facts.begun
    = duration{from.at("begun_monotonic_ns").to_number<duration::rep>()};
  facts.warm_up = from_seconds(from.at("warm_up_seconds"));
  facts.measured = from_seconds(from.at("measured_seconds"));
  facts.open_loop = from.at("open_loop").as_bool();
  facts.generator_cpu = from.at("generator_cpu").to_number<double>();
  facts.interrupted = from.at("interrupted").as_bool();
  return facts;
}

run_result read_run(const json::object& from) {
  run_result run;
  run.facts = read_facts(from);
  run.requests = from.at("requests").to_number<std::uint64_t>();
  run.ok = from.at("ok").to_number<std::uint64_t>();
  run.failed = from.at("failed").to_number<std::uint64_t>();
  run.intended_rate = from.at("intended_rate").to_number<double>();
  run.throughput = from.at("throughput").to_number<double>();
  run.bytes = from.at("bytes").to_number<std::uint64_t>();
  for (const auto& [name, count] : from.at("statuses").as_object())
    run.ends.emplace_back(name, count.to_number<std::uint64_t>());
  run.latency = read_latency(from.at("latency_us"));
  run.service = read_latency(from.at("service_us"));
  run.lag = read_latency(from.at("generator_lag_us"));
  for (const auto& bucket : from.at("latency_buckets").as_array())
    run.latency_buckets.push_back(
      {bucket.as_array().at(0).to_number<std::uint32_t>(),
       bucket.as_array().at(1).to_number<std::uint64_t>()});
  for (const auto& point : from.at("timeline").as_array())
    run.timeline.push_back(read_point(point));
  for (const auto& why : from.at("void_because").as_array())
    run.void_because.push_back(json::value_to<std::string>(why));
  for (const auto& note : from.at("notes").as_array())
    run.notes.push_back(json::value_to<std::string>(note));
  return run;
}

json::array texts_json(const std::vector<std::string>& texts) {
  json::array array;
  for (const auto& text : texts)
    array.emplace_back(text);
  return array;
}

} // namespace

std::string write_result(const run_result& run) {
  auto object = facts_json(run.facts);
  json::object statuses;
  for (const auto& [name, count] : run.ends)
    statuses[name] = count;
  object["serval_bench"] = format_version;
  object["void"] = run.is_void();
  object["void_because"] = texts_json(run.void_because);
  object["notes"] = texts_json(run.notes);
  object["requests"] = run.requests;
  object["ok"] = run.ok;
  object["failed"] = run.failed;
  object["intended_rate"] = run.intended_rate;
  object["throughput"] = run.throughput;
  object["bytes"] = run.bytes;
  object["statuses"] = std::move(statuses);
  object["latency_us"] = latency_json(run.latency);
  object["service_us"] = latency_json(run.service);
  object["generator_lag_us"] = latency_json(run.lag);
  object["timeline"] = timeline_json(run.timeline);
  object["latency_buckets"] = buckets_json(run);
  return json::serialize(object) + "\n";
}

result<run_result> parse_result(std::string_view name, std::string_view text) {
  auto bad = [&](std::string_view why) {
    return error{errc::bad_request,
                 fmt::format("cannot read {} as the result of a run: {}; "
                             "`serval bench --json` writes such files",
                             name, why)};
  };
  // Boost.JSON tells of missing keys and wrong types by exceptions.
  try {
    auto value = json::parse(json::string_view{text.data(), text.size()});
    const auto& object = value.as_object();
    if (object.at("serval_bench").to_number<int>() != format_version)
      return bad("it is of another version");
    return read_run(object);
  } catch (const std::exception& e) {
    return bad(e.what());
  }
}

} // namespace serval
