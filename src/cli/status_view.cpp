#include "cli/status_view.hpp"

#include "cli/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace serval {

namespace {

using table = std::vector<std::vector<std::string>>;

/// The state, coloured as a traffic light would be.
std::string paint(app_state state, std::string text, bool colours) {
  if (!colours)
    return text;
  auto colour = 33;
  if (state == app_state::running)
    colour = 32;
  else if (state == app_state::unhealthy || state == app_state::deploy_failed)
    colour = 31;
  return fmt::format("\x1b[{}m{}\x1b[0m", colour, text);
}

std::string ready_of(const app_status& status) {
  std::uint32_t desired = 0;
  std::uint32_t ready = 0;
  for (const auto& each : status.backends) {
    desired += each.desired;
    ready += each.ready;
  }
  return fmt::format("{}/{}", ready, desired);
}

/// Whether it says of any worker where it is.
bool has_nodes(const app_status& status) {
  return std::ranges::any_of(status.backends, [](const auto& backend) {
    return std::ranges::any_of(backend.workers, [](const auto& worker) {
      return !worker.node.empty();
    });
  });
}

std::string pid_of(const worker_status& worker) {
  return worker.pid == 0 ? "-" : fmt::format("{}", worker.pid);
}

} // namespace

std::string render_list(const std::vector<app_status>& list, bool colours) {
  if (list.empty())
    return "no applications; deploy one with `serval deploy APP.toml`\n";
  table rows = {{"NAME", "ROUTE", "RELEASE", "READY", "STATE", "MESSAGE"}};
  for (const auto& each : list)
    rows.push_back({printable(each.name), printable(each.route),
                    fmt::format("{}", each.release.value), ready_of(each),
                    std::string{to_string(each.state)},
                    printable(each.message)});
  auto text = format_table(rows);
  if (!colours)
    return text;
  // Painted after the layout, which counts characters.
  std::string painted = text.substr(0, text.find('\n') + 1);
  auto at = painted.size();
  for (const auto& each : list) {
    auto end = text.find('\n', at) + 1;
    auto line = text.substr(at, end - at);
    std::string name{to_string(each.state)};
    if (auto found = line.find(" " + name); found != std::string::npos)
      line.replace(found + 1, name.size(), paint(each.state, name, true));
    painted += line;
    at = end;
  }
  return painted;
}

std::string render_leadership(const leadership_view& view) {
  if (view.leader.empty())
    return {};
  auto state = view.role == leader_role::recovering
                 ? ", and is not ready: " + printable(view.reason)
                 : std::string{};
  return fmt::format("node \"{}\" leads under epoch {}{}\n",
                     printable(view.leader), view.epoch.value, state);
}

std::string render_application(const app_status& status, bool colours) {
  auto text = fmt::format(
    "{}  {}  release {} ({:.12})", printable(status.name),
    paint(status.state, std::string{to_string(status.state)}, colours),
    status.release.value, printable(status.release_hash));
  text += status.route.empty() ? "\n" : "  " + printable(status.route) + "\n";
  if (!status.message.empty())
    text += fmt::format("  {}\n", printable(status.message));
  for (const auto& each : status.warnings)
    text += fmt::format("  warning: {}\n", printable(each));
  table backends = {{"BACKEND", "STATE", "READY", "MESSAGE"}};
  bool clustered = has_nodes(status);
  table workers
    = {{"WORKER", "BACKEND", "STATE", "PID", "RESTARTS", "MESSAGE"}};
  if (clustered)
    workers.front().insert(workers.front().begin() + 3, "NODE");
  for (const auto& backend : status.backends) {
    backends.push_back({printable(backend.name),
                        std::string{to_string(backend.state)},
                        fmt::format("{}/{}", backend.ready, backend.desired),
                        printable(backend.message)});
    for (const auto& each : backend.workers) {
      workers.push_back({fmt::format("{}", each.id.value),
                         printable(backend.name), printable(each.state),
                         pid_of(each), fmt::format("{}", each.restarts),
                         printable(each.message)});
      if (clustered)
        workers.back().insert(workers.back().begin() + 3,
                              each.node.empty() ? "-" : printable(each.node));
    }
  }
  if (backends.size() > 1)
    text += "\n" + format_table(backends);
  if (workers.size() > 1)
    text += "\n" + format_table(workers);
  return text;
}

} // namespace serval
