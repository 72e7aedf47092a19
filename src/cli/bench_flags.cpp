#include "cli/bench_options.hpp"

#include <CLI/CLI.hpp>

namespace serval {

namespace {

constexpr auto footer = R"(
Examples:
  serval bench hello --body x                     16 in flight for 10 s
  serval bench hello --body x --rate 500          500 per second, open loop
  serval bench hello --body x --rate 100..2000 --slo 'p99<50ms,errors<0.1%'
  serval bench http://127.0.0.1:9480/hello --body '9*@small.json' \
      --body '1*size:64KiB' --json > a.json
  serval bench hello --body x --trace day.csv --speed 60 --report day.html
  serval bench compare a.json b.json
Open loops send when a request is due, whatever became of those before, and
count latency from then. The warm-up does not count.
Exit codes: 0 done, and --slo holds; 1 it does not, the run is void, or nothing
succeeded; 2 wrong usage or no such target; 3 no daemon to ask about APP.)";

void add_load(CLI::App& command, bench_options& options) {
  auto* group = command.add_option_group("Load");
  group->add_option("--rate", options.rate,
                    "open loop: 500, a ramp 100..1000 or steps 100,200,400")
    ->type_name("PER_SECOND");
  group->add_option("--trace", options.trace,
                    "open loop: replay a CSV of t_seconds,rps")
    ->type_name("FILE");
  group->add_option("--speed", options.speed,
                    "seconds of the trace per second (1)")
    ->type_name("FACTOR");
  group->add_option("--scale", options.scale,
                    "multiplies the trace's rates (1)")
    ->type_name("FACTOR");
  group->add_option("--trace-from", options.trace_from,
                    "where in the trace to begin (0s)")
    ->type_name("DURATION");
  group->add_option("--arrivals", options.arrivals,
                    "open loop: poisson or even (poisson)")
    ->type_name("KIND");
  group->add_option("--in-flight", options.in_flight,
                    "closed loop: requests in flight (16)")
    ->type_name("N");
  group->add_option("--duration", options.duration,
                    "how long to measure (10s; a trace's length)")
    ->type_name("DURATION");
  group->add_option("--warm-up", options.warm_up,
                    "how long before that, not counted (1s)")
    ->type_name("DURATION");
  group->add_option("--seed", options.seed, "of arrivals and bodies (1)")
    ->type_name("N");
}

void add_request(CLI::App& command, bench_options& options) {
  auto* group = command.add_option_group("Requests");
  group->add_option("--body", options.bodies,
                    "[WEIGHT*]SOURCE: @FILE, @FOLDER/, size:4KiB or a text; "
                    "repeat it for a mix")
    ->type_name("BODY")
    ->allow_extra_args(false);
  group->add_option("--method", options.method,
                    "the HTTP method (POST; GET for a URL without --body)")
    ->type_name("METHOD");
  group->add_option("-H,--header", options.headers, "an HTTP field")
    ->type_name("NAME:VALUE")
    ->allow_extra_args(false);
  group->add_flag("--rpc", options.rpc, "over RPC instead of HTTP");
  group->add_option("--timeout", options.timeout,
                    "after which a request has failed (10s)")
    ->type_name("DURATION");
  group->add_option("--retries", options.retries,
                    "how often a failed request is sent again at once (0)")
    ->type_name("N");
  group->add_flag("--expect-echo", options.expect_echo,
                  "fail answers other than the request's id, a blank and its "
                  "body; needs --log");
}

void add_generator(CLI::App& command, bench_options& options) {
  auto* group = command.add_option_group("Generator");
  group->add_option("--threads", options.threads, "that send requests (1)")
    ->type_name("N");
  group->add_option("--connections", options.connections,
                    "at most (open loop 1000; closed loop one per request in "
                    "flight; RPC one per thread)")
    ->type_name("N");
  group->add_flag("--allow-remote", options.allow_remote,
                  "load a target on another machine; be sure it is yours");
}

void add_output(CLI::App& command, bench_options& options) {
  auto* group = command.add_option_group("Results");
  group->add_option("--slo", options.slo,
                    "what must hold, such as 'p99<200ms,errors<0.1%'")
    ->type_name("CONDITIONS");
  group->add_option("--report", options.report, "write a page with charts")
    ->type_name("FILE.html");
  group->add_option("--log", options.log, "write a CSV line per request")
    ->type_name("FILE");
}

std::string refuse_empty(const std::string& text) {
  return text.empty() ? "it is empty" : "";
}

} // namespace

void add_bench_flags(CLI::App& command, bench_options& options) {
  command.footer(footer);
  command.add_option("TARGET", options.target,
                     "an application's name, http://HOST:PORT/PATH or "
                     "rpc://HOST:PORT/APP")
    ->type_name("");
  add_load(command, options);
  add_request(command, options);
  add_generator(command, options);
  add_output(command, options);
  // An empty variable of a script is no wish for the default.
  for (auto* group : command.get_subcommands({}))
    for (auto* option : group->get_options())
      if (option->get_name() != "--body")
        option->check(CLI::Validator(refuse_empty, ""));
}

} // namespace serval
