#include "load/run_result.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace serval {

namespace {

using namespace std::chrono_literals;

// The generator's own lag is part of every latency it reports. It does no harm
// as long as it is small in itself, or small against what is measured.
constexpr duration lag_max = 1ms;
constexpr double lag_share_max = 0.1;
// A thread that uses this share of its processor has nothing left to find out
// how fast the target is.
constexpr double cpu_max = 0.97;

double ms(duration span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

timeline_point point_of(const recorded_second& second) {
  latency_histogram latency;
  latency.add(second.latency);
  return {second.ok, second.failed, latency.at(0.5), latency.at(0.99),
          latency.max()};
}

void judge(run_result& run, const load_recorder& record) {
  const auto& lag = run.lag;
  if (run.requests == 0)
    run.void_because.push_back("nothing was sent in the measured time");
  if (lag.p99 > lag_max
      && ms(lag.p99) > lag_share_max * ms(run.latency.p99))
    run.void_because.push_back(fmt::format(
      "the generator could not keep its own rate: it came {:.3g} ms late to "
      "1 % of its requests, which is more than a tenth of the p99 latency; "
      "use more --threads, a lower rate, or a machine of its own",
      ms(lag.p99)));
  if (record.waited() > 0)
    run.notes.push_back(fmt::format(
      "{} requests waited because all connections were busy; latency has that "
      "wait in it; --connections allows more", record.waited()));
  if (run.facts.generator_cpu > cpu_max && !run.facts.open_loop)
    run.notes.push_back(fmt::format(
      "the generator used {:.0f} % of its processor: the target may be faster "
      "than this says; use more --threads", run.facts.generator_cpu * 100));
  if (run.facts.interrupted)
    run.notes.push_back("interrupted; the figures are those up to then");
}

} // namespace

latency_summary summarize(const latency_histogram& histogram) {
  return {histogram.count(),    histogram.min(),      histogram.mean(),
          histogram.at(0.5),    histogram.at(0.9),    histogram.at(0.99),
          histogram.at(0.999),  histogram.max()};
}

run_result conclude(run_facts facts, const load_recorder& record) {
  run_result run;
  for (std::size_t i = 0; i < request_end_count; ++i) {
    auto end = request_end{static_cast<std::uint16_t>(i)};
    auto count = record.count_of(end);
    if (count == 0)
      continue;
    run.requests += count;
    (is_ok(end) ? run.ok : run.failed) += count;
    run.ends.emplace_back(to_string(end), count);
  }
  auto seconds = std::chrono::duration<double>(facts.measured).count();
  if (seconds > 0) {
    run.intended_rate = static_cast<double>(run.requests) / seconds;
    run.throughput = static_cast<double>(record.ok_in_window()) / seconds;
  }
  run.facts = std::move(facts);
  run.bytes = record.bytes();
  run.latency = summarize(record.latency());
  run.service = summarize(record.service());
  run.lag = summarize(record.lag());
  run.latency_buckets = record.latency().buckets();
  std::ranges::transform(record.timeline(), std::back_inserter(run.timeline),
                         point_of);
  judge(run, record);
  return run;
}

} // namespace serval
