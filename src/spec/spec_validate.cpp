#include "spec/spec_validate.hpp"

#include "base/sha256.hpp"
#include "spec/units.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

namespace serval {

namespace {

using namespace std::literals;

constexpr auto name_rule
  = "must be 1 to 64 letters, digits, \"_\" and \"-\", and not begin with "
    "\"-\""sv;

constexpr std::array known_methods
  = {"GET"sv, "HEAD"sv, "POST"sv, "PUT"sv, "PATCH"sv, "DELETE"sv};

constexpr std::uint32_t concurrency_max = 100'000;
constexpr std::uint32_t queue_max = 1'000'000;
constexpr std::uint32_t workers_per_process_max = 1024;
constexpr std::uint32_t max_requests_max = 1'000'000;
constexpr std::uint32_t stack_bytes_min = 64 * 1024;
constexpr std::uint32_t stack_bytes_max = 64 * 1024 * 1024;
constexpr int cpu_max = 4096;
constexpr std::uint64_t memory_bytes_min = 32ull << 20;
constexpr std::uint64_t memory_bytes_max = 1ull << 40;
constexpr duration deadline_max = std::chrono::hours{24};
constexpr std::size_t backends_max = 256;
constexpr std::uint32_t failures_max = 1000;
constexpr duration start_timeout_min = std::chrono::milliseconds{10};
constexpr duration health_period_min = std::chrono::milliseconds{100};
constexpr duration health_timeout_min = std::chrono::milliseconds{10};
constexpr duration patience_max = std::chrono::hours{1};

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9');
}

class checker {
public:
  problem_list take() {
    return std::move(problems_);
  }

  void require(bool holds, std::string key, std::string message) {
    if (!holds)
      problems_.push_back({"", std::move(key), std::move(message)});
  }

  void require_range(std::string key, std::uint32_t value, std::uint32_t min,
                     std::uint32_t max) {
    require(value >= min && value <= max, std::move(key),
            fmt::format("must be {} to {}, is {}", min, max, value));
  }

  void require_range(std::string key, duration value, duration min,
                     duration max) {
    require(value >= min && value <= max, std::move(key),
            fmt::format("must be {} to {}, is {}", format_duration(min),
                        format_duration(max), format_duration(value)));
  }

private:
  problem_list problems_;
};

/// Why `route` is none, or "".
std::string route_problem(std::string_view route) {
  if (!route.starts_with('/'))
    return "must begin with \"/\"";
  if (route.size() > 256)
    return "must not be longer than 256 characters";
  if (route == "/")
    return "";
  if (route.ends_with('/'))
    return "must not end with \"/\"";
  std::string_view rest = route.substr(1);
  while (true) {
    auto slash = rest.find('/');
    auto segment = rest.substr(0, slash);
    if (segment.empty() || segment == "." || segment == "..")
      return "must not hold empty, \".\" or \"..\" segments";
    for (char c : segment)
      if (!is_letter_or_digit(c) && "-._~"sv.find(c) == std::string_view::npos)
        return "must consist of letters, digits, \"-._~\" and \"/\"";
    if (slash == std::string_view::npos)
      return "";
    rest.remove_prefix(slash + 1);
  }
}

void check_methods(const app_spec& spec, checker& out) {
  out.require(!spec.methods.empty(), "methods", "must name a method");
  std::set<std::string_view> seen;
  for (const auto& each : spec.methods) {
    out.require(std::ranges::find(known_methods, each) != known_methods.end(),
                "methods",
                fmt::format("\"{}\" is none of {}", each,
                            fmt::join(known_methods, ", ")));
    out.require(seen.insert(each).second, "methods",
                fmt::format("names \"{}\" twice", each));
  }
}

void check_settings(const settings& config, const std::string& path,
                    checker& out) {
  for (const auto& [key, value] : config)
    out.require(!key.empty() && key.find('\0') == std::string::npos, path,
                "a key must have a name, without NUL");
}

void check_read(const app_spec& app, const backend_spec& spec,
                const std::string& key, checker& out) {
  auto paths = readable_paths(app, spec);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    auto& path = paths[i];
    auto& written = spec.read[i];
    if (path.starts_with('/') && path.find('\0') == std::string::npos)
      continue;
    out.require(false, key,
                path != written
                  ? fmt::format("\"{}\" is \"{}\", which must be an absolute "
                                "path",
                                written, path)
                : path.starts_with("${")
                  ? fmt::format("\"{}\" must name a path in the configuration "
                                "of the backend",
                                written)
                  : fmt::format("\"{}\" must be an absolute path", written));
  }
}

void check_backend(const app_spec& app, const backend_spec& spec,
                   checker& out) {
  auto path = fmt::format("backend.{}", spec.name);
  auto key = [&](std::string_view name) {
    return fmt::format("{}.{}", path, name);
  };
  out.require(is_valid_name(spec.name), path,
              fmt::format("the name {}", name_rule));
  out.require_range(key("workers"), spec.workers, 1, workers_max);
  out.require_range(key("concurrency"), spec.concurrency, 1, concurrency_max);
  out.require_range(key("queue"), spec.queue, 0, queue_max);
  out.require_range(key("workers_per_process"), spec.workers_per_process, 0,
                    workers_per_process_max);
  out.require(spec.stack_bytes >= stack_bytes_min
                && spec.stack_bytes <= stack_bytes_max,
              key("stack"),
              fmt::format("must be {} to {}, is {}",
                          format_size(stack_bytes_min),
                          format_size(stack_bytes_max),
                          format_size(spec.stack_bytes)));
  out.require(spec.memory_bytes == 0
                || (spec.memory_bytes >= memory_bytes_min
                    && spec.memory_bytes <= memory_bytes_max),
              key("memory"),
              fmt::format("must be {} to {}, is {}",
                          format_size(memory_bytes_min),
                          format_size(memory_bytes_max),
                          format_size(spec.memory_bytes)));
  out.require(spec.memory_bytes == 0 || spec.isolation == isolation::process,
              key("memory"),
              "limits worker processes, but the backend runs inline");
  if (spec.start_timeout != duration::zero())
    out.require_range(key("start_timeout"), spec.start_timeout,
                      start_timeout_min, patience_max);
  if (spec.health_period != duration::zero())
    out.require_range(key("health_period"), spec.health_period,
                      health_period_min, patience_max);
  out.require_range(key("health_timeout"), spec.health_timeout,
                    health_timeout_min, patience_max);
  out.require_range(key("start_failures"), spec.start_failures, 1,
                    failures_max);
  out.require_range(key("health_failures"), spec.health_failures, 1,
                    failures_max);
  out.require(spec.cpu >= 0 && spec.cpu <= cpu_max, key("cpu"),
              fmt::format("must be 0 to {}, is {}", cpu_max, spec.cpu));
  out.require_range(key("max_per_node"), spec.max_per_node, 0, workers_max);
  for (const auto& label : spec.labels)
    out.require(is_valid_name(label), key("labels"),
                fmt::format("\"{}\" is no label, which {}", label, name_rule));
  check_read(app, spec, key("read"), out);
  check_settings(spec.config, key("config"), out);
}

void check_backends(const app_spec& spec, checker& out) {
  out.require(!spec.backends.empty(), "backend",
              "must name a backend: add a section [backend.NAME]");
  out.require(spec.backends.size() <= backends_max, "backend",
              fmt::format("must name at most {} backends", backends_max));
  std::vector<std::string_view> names;
  for (const auto& each : spec.backends) {
    check_backend(spec, each, out);
    names.push_back(each.name);
  }
  out.require(std::ranges::adjacent_find(names, std::ranges::greater_equal{})
                == names.end(),
              "backend", "must be in the order of unique names");
  if (spec.entry.empty())
    out.require(false, "entry", "must name the backend that answers requests");
  else if (!spec.backends.empty())
    out.require(find_backend(spec, spec.entry) != nullptr, "entry",
                fmt::format("there is no backend \"{}\"; the backends are {}",
                            spec.entry, fmt::join(names, ", ")));
}

} // namespace

bool is_valid_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 64 && name.front() != '-'
         && std::ranges::all_of(name, [](char c) {
              return is_letter_or_digit(c) || c == '_' || c == '-';
            });
}

problem_list validate(const app_spec& spec) {
  checker out;
  out.require(is_valid_name(spec.name), "name", std::string{name_rule});
  if (is_valid_name(spec.name)) {
    auto wrong = route_problem(spec.route);
    out.require(wrong.empty(), "route", wrong);
  }
  out.require(spec.deadline > duration::zero() && spec.deadline <= deadline_max,
              "deadline",
              fmt::format("must be above 0 and at most {}, is {}",
                          format_duration(deadline_max),
                          format_duration(spec.deadline)));
  out.require_range("max_requests", spec.max_requests, 1, max_requests_max);
  check_methods(spec, out);
  out.require(!spec.plugin.empty() || !spec.plugin_sha256.empty(), "plugin",
              "must name the plugin's file");
  out.require(spec.plugin.find('\0') == std::string::npos, "plugin",
              "must not hold NUL");
  out.require(spec.plugin_sha256.empty() || is_sha256_hex(spec.plugin_sha256),
              "plugin_sha256", "must be 64 lower-case hex digits");
  check_settings(spec.config, "config", out);
  check_backends(spec, out);
  return out.take();
}

} // namespace serval
