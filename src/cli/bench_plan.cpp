#include "cli/bench_plan.hpp"

#include "cli/call_data.hpp"
#include "cli/plugin_path.hpp"

#include "load/number.hpp"
#include "spec/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>

namespace serval {

namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t threads_max = 256;
constexpr std::uint32_t connections_max = 100'000;
constexpr std::uint32_t retries_max = 100;
constexpr duration length_max = 24h * 365;

error bad_option(std::string_view name, std::string_view value,
                 std::string_view why) {
  return {errc::bad_request,
          fmt::format("cannot use --{} {}: {}", name, value, why)};
}

/// `text` as a duration, or `otherwise` if nothing was typed.
result<duration> read_span(std::string_view name, const std::string& text,
                           duration otherwise, duration least) {
  if (text.empty())
    return otherwise;
  auto span = parse_duration(text);
  if (!span)
    return bad_option(name, text, span.error().message);
  if (*span < least)
    return bad_option(name, text, "it must be more than 0");
  if (*span > length_max)
    return bad_option(name, text, "a year is the limit");
  return span;
}

result<double> read_factor(std::string_view name, const std::string& text) {
  if (text.empty())
    return 1.0;
  auto factor = parse_number(text);
  if (!factor || *factor <= 0)
    return bad_option(name, text, "it must be a number above 0");
  return *factor;
}

result<std::uint32_t> read_count(std::string_view name, const std::string& text,
                                 std::uint32_t otherwise, std::uint32_t most) {
  if (text.empty())
    return otherwise;
  auto count = parse_number(text);
  if (!count || *count < 1 || *count > most || *count != std::floor(*count))
    return bad_option(name, text, fmt::format("it must be a whole number from "
                                              "1 to {}", most));
  return static_cast<std::uint32_t>(*count);
}

result<void> add_folder(request_mix& mix, const body_source& source) {
  std::vector<std::string> paths;
  std::error_code failed;
  for (const auto& entry :
       std::filesystem::directory_iterator{source.value, failed})
    if (entry.is_regular_file())
      paths.push_back(entry.path().string());
  if (failed || paths.empty())
    return error{errc::bad_request,
                 fmt::format("cannot read bodies from {}: {}", source.value,
                             failed ? failed.message()
                                    : "it has no regular files")};
  std::ranges::sort(paths);
  for (const auto& path : paths) {
    auto body = read_whole_file(path);
    if (!body)
      return body.error();
    mix.add(std::move(*body),
            source.weight / static_cast<double>(paths.size()));
  }
  return {};
}

result<void> add_body(request_mix& mix, const std::string& text) {
  auto source = parse_body_source(text);
  if (!source)
    return source.error();
  if (source->from == body_source::kind::directory)
    return add_folder(mix, *source);
  if (source->from == body_source::kind::generated) {
    mix.add(generate_body(source->size), source->weight);
  } else if (source->from == body_source::kind::file) {
    auto body = read_whole_file(source->value);
    if (!body)
      return body.error();
    mix.add(std::move(*body), source->weight);
  } else {
    mix.add(source->value, source->weight);
  }
  return {};
}

result<request_mix> read_mix(const std::vector<std::string>& bodies) {
  request_mix mix;
  for (const auto& body : bodies)
    if (auto added = add_body(mix, body); !added)
      return added.error();
  if (bodies.empty())
    mix.add("", 1);
  return mix;
}

result<rate_profile> read_trace(const bench_options& options) {
  auto speed = read_factor("speed", options.speed);
  if (!speed)
    return speed.error();
  auto scale = read_factor("scale", options.scale);
  if (!scale)
    return scale.error();
  auto from = read_span("trace-from", options.trace_from, 0s, 0s);
  if (!from)
    return from.error();
  auto length = read_span("duration", options.duration, 0s, 1ns);
  if (!length)
    return length.error();
  auto csv = read_whole_file(options.trace);
  if (!csv)
    return csv.error();
  return parse_trace(options.trace, *csv, {*speed, *scale, *from, *length});
}

/// What is sent when; also sets how long the run is.
result<void> read_load(load_plan& plan, const bench_options& options) {
  auto kinds = !options.rate.empty() + !options.trace.empty()
               + !options.in_flight.empty();
  if (kinds > 1)
    return error{errc::bad_request,
                 "--rate, --trace and --in-flight exclude each other"};
  if (options.trace.empty()
      && !(options.speed + options.scale + options.trace_from).empty())
    return error{errc::bad_request,
                 "--speed, --scale and --trace-from need a --trace"};
  auto length = read_span("duration", options.duration, 10s, 1ns);
  if (!length)
    return length.error();
  plan.length = *length;
  if (options.rate.empty() && options.trace.empty()) {
    auto in_flight
      = read_count("in-flight", options.in_flight, 16, connections_max);
    if (!in_flight)
      return in_flight.error();
    plan.in_flight = *in_flight;
    return {};
  }
  auto rates = options.trace.empty() ? parse_rates(options.rate, plan.length)
                                     : read_trace(options);
  if (!rates)
    return rates.error();
  plan.length = rates->length();
  rates->hold_first(plan.warm_up);
  plan.rates = std::make_shared<const rate_profile>(std::move(*rates));
  return {};
}

result<void> read_arrivals(load_plan& plan, const std::string& text) {
  if (text == "even")
    plan.how = arrivals::even;
  else if (!text.empty() && text != "poisson")
    return bad_option("arrivals", text, "write poisson or even");
  return {};
}

bool is_visible(std::string_view text) {
  return std::ranges::none_of(
    text, [](char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; });
}

result<void> read_form(http_request_form& form, const bench_options& options,
                       const bench_target& target, const request_mix& mix) {
  form.host = target.authority();
  form.path = target.path;
  form.with_id = !options.log.empty();
  form.expect_echo = options.expect_echo;
  if (form.expect_echo && (!form.with_id || target.rpc))
    return error{errc::bad_request, "--expect-echo needs a --log, and HTTP: "
                                    "without a log requests carry no ids"};
  form.method = options.method;
  if (form.method.empty())
    form.method
      = options.bodies.empty() && is_url(options.target) ? "GET" : "POST";
  if (!std::ranges::all_of(form.method,
                           [](char c) { return c >= 'A' && c <= 'Z'; }))
    return bad_option("method", form.method, "methods are capital letters");
  auto has_type = false;
  for (const auto& header : options.headers) {
    auto colon = header.find(':');
    if (colon == 0 || colon == std::string::npos || !is_visible(header))
      return bad_option("header", header, "write NAME:VALUE");
    auto name = header.substr(0, colon);
    auto value = header.find_first_not_of(' ', colon + 1);
    form.fields.emplace_back(name,
                             header.substr(std::min(value, header.size())));
    std::ranges::transform(name, name.begin(), [](unsigned char c) {
      return static_cast<char>(std::tolower(c));
    });
    has_type = has_type || name == "content-type";
  }
  if (!has_type && !mix.bodies().front().empty())
    form.fields.emplace_back("Content-Type",
                             guess_content_type(mix.bodies().front()));
  return {};
}

result<void> read_generator(bench_plan& plan, const bench_options& options,
                            bool rpc) {
  auto threads = read_count("threads", options.threads, 1, threads_max);
  if (!threads)
    return threads.error();
  // A thread without a request in flight would have nothing to do.
  plan.load.threads = plan.load.in_flight > 0
                        ? std::min(*threads, plan.load.in_flight)
                        : *threads;
  auto otherwise = plan.load.in_flight > 0 ? plan.load.in_flight : 1000;
  if (rpc)
    otherwise = plan.load.threads;
  auto connections = read_count("connections", options.connections, otherwise,
                                connections_max);
  if (!connections)
    return connections.error();
  plan.connections
    = (*connections + plan.load.threads - 1) / plan.load.threads;
  auto seed = read_count("seed", options.seed, 1, 1'000'000'000);
  if (!seed)
    return seed.error();
  plan.load.seed = *seed;
  return {};
}

std::string describe_load(const load_plan& plan, const bench_options& options) {
  if (!plan.rates)
    return fmt::format("closed loop, {} in flight", plan.in_flight);
  auto how = plan.how == arrivals::even ? "even" : "poisson";
  if (options.trace.empty())
    return fmt::format("open loop, {} per second, {}", options.rate, how);
  return fmt::format("open loop, {} from {} at speed {} and scale {}, {}",
                     options.trace,
                     options.trace_from.empty() ? "0s" : options.trace_from,
                     options.speed.empty() ? "1" : options.speed,
                     options.scale.empty() ? "1" : options.scale, how);
}

void describe(bench_plan& plan, const bench_options& options,
              const bench_target& target) {
  auto& load = plan.load;
  std::string bodies;
  for (const auto& body : options.bodies)
    bodies += (bodies.empty() ? "" : ", ") + body.substr(0, 60);
  load.parameters = {
    {"target", target.to_string()},
    {"load", describe_load(load, options)},
    {"duration", format_duration(load.length)},
    {"warm-up", format_duration(load.warm_up)},
    {"method", target.rpc ? "RPC" : plan.form.method},
    {"body", bodies.empty() ? "none" : bodies},
    {"time-out", format_duration(load.timeout)},
    {"retries", std::to_string(load.retries)},
    {"threads", std::to_string(load.threads)},
    {"connections per thread", fmt::format("at most {}", plan.connections)},
    {"seed", std::to_string(load.seed)},
  };
}

} // namespace

result<bench_plan> make_bench_plan(const bench_options& options,
                                   const bench_target& target) {
  bench_plan plan;
  auto warm_up = read_span("warm-up", options.warm_up, 1s, 0s);
  if (!warm_up)
    return warm_up.error();
  plan.load.warm_up = *warm_up;
  auto timeout = read_span("timeout", options.timeout, 10s, 1ms);
  if (!timeout)
    return timeout.error();
  plan.load.timeout = *timeout;
  if (!options.retries.empty()) {
    auto retries = read_count("retries", options.retries, 0, retries_max);
    if (!retries)
      return retries.error();
    plan.load.retries = *retries;
  }
  auto mix = read_mix(options.bodies);
  if (!mix)
    return mix.error();
  plan.load.mix = std::move(*mix);
  plan.load.log_path = options.log;
  for (auto read : {read_load(plan.load, options),
                    read_arrivals(plan.load, options.arrivals),
                    read_form(plan.form, options, target, plan.load.mix)})
    if (!read)
      return read.error();
  if (auto read = read_generator(plan, options, target.rpc); !read)
    return read.error();
  if (!options.slo.empty()) {
    auto slo = parse_slo(options.slo);
    if (!slo)
      return slo.error();
    plan.slo = std::move(*slo);
  }
  describe(plan, options, target);
  return plan;
}

} // namespace serval
