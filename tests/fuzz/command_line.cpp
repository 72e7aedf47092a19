#include "targets.hpp"

#include "base/assert.hpp"
#include "cli/bench_options.hpp"
#include "cli/bench_plan.hpp"
#include "cli/call_data.hpp"
#include "cli/scale_target.hpp"
#include "config/listen_address.hpp"
#include "input_reader.hpp"
#include "load/request_mix.hpp"
#include "spec/units.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace serval {

namespace {

/// Values that have a text form: it reads back as the same value.
void check_values(std::string_view text) {
  if (auto span = parse_duration(text)) {
    auto again = parse_duration(format_duration(*span));
    SERVAL_ASSERT(again && *again == *span);
  }
  if (auto size = parse_size(text)) {
    auto again = parse_size(format_size(*size));
    SERVAL_ASSERT(again && *again == *size);
  }
  if (auto address = parse_listen_address(text)) {
    auto again = parse_listen_address(to_string(*address));
    SERVAL_ASSERT(again && *again == *address);
  }
  if (auto target = parse_target(text)) {
    auto again = parse_target(target->to_string());
    SERVAL_ASSERT(again && again->to_string() == target->to_string());
  }
  if (auto target = parse_scale_target(text)) {
    auto again = parse_scale_target(target->backend + "="
                                    + std::to_string(target->workers));
    SERVAL_ASSERT(again && again->workers == target->workers);
  }
  static_cast<void>(guess_content_type(text));
}

void check_trace(std::string_view csv) {
  auto profile = parse_trace("input", csv, {});
  if (!profile)
    return;
  std::size_t hint = 0;
  duration before{};
  for (double count = 0; count < 100; ++count) {
    auto due = profile->time_of(count, hint);
    SERVAL_ASSERT(due >= before && due <= profile->length());
    before = due;
  }
}

/// No input may make a target read a file or allocate a body for real.
bool stays_in_memory(const bench_options& options) {
  return options.trace.empty()
         && std::ranges::none_of(options.bodies, [](const auto& body) {
              auto source = parse_body_source(body);
              return source
                     && (source->from == body_source::kind::file
                         || source->from == body_source::kind::directory
                         || source->size > 4096);
            });
}

void check_plan(const bench_options& options) {
  auto target = parse_target(options.target);
  if (!target || !stays_in_memory(options))
    return;
  auto plan = make_bench_plan(options, *target);
  if (!plan)
    return;
  SERVAL_ASSERT(plan->connections > 0 && plan->load.threads > 0);
  SERVAL_ASSERT(plan->load.length > duration::zero());
  SERVAL_ASSERT(plan->load.rates || plan->load.in_flight > 0);
}

/// Each line is an argument.
void check_bench(std::string_view input) {
  CLI::App app;
  bench_options options;
  app.require_subcommand(1);
  app.fallthrough();
  add_bench_flags(*app.add_subcommand("bench"), options);
  std::vector<std::string> arguments{"bench"};
  for (input_reader in{input}; !in.empty();)
    arguments.emplace_back(in.line());
  std::ranges::reverse(arguments);
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError&) {
    return;
  }
  check_plan(options);
}

} // namespace

void fuzz_command_line(std::string_view input) {
  check_values(input);
  check_trace(input);
  check_bench(input);
}

} // namespace serval
