// Goal: docs/states.md shows the tables that the code uses. Method: render the
// page from them and compare.
#include "model/app_state.hpp"
#include "model/backend_state.hpp"
#include "model/node_state.hpp"
#include "model/worker_state.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

using namespace serval;

namespace {

constexpr auto page = SERVAL_DOCS "/states.md";

template <class State, class Event>
std::string name_of(const life_cycle<State, Event>& cycle, Event event) {
  return std::string{cycle.events()[static_cast<std::size_t>(event)].name};
}

template <class State, class Event>
std::string states_of(const life_cycle<State, Event>& cycle) {
  std::string out = "| state | what it is | lasts at most | then |\n"
                    "|---|---|---|---|\n";
  for (const auto& row : cycle.states()) {
    std::string limit = row.is_end ? "the end" : std::string{row.limit};
    std::string then = row.when_over ? name_of(cycle, *row.when_over) : "";
    out += "| `" + std::string{row.name} + "` | " + std::string{row.meaning}
           + " | " + limit + " | " + then + " |\n";
  }
  return out;
}

template <class State, class Event>
std::string events_of(const life_cycle<State, Event>& cycle) {
  std::string out = "| event | what it is |\n|---|---|\n";
  for (const auto& row : cycle.events())
    out += "| " + std::string{row.name} + " | " + std::string{row.meaning}
           + " |\n";
  return out;
}

/// What changes something; the rest is one line for each state.
template <class State, class Event>
std::string rows_of(const life_cycle<State, Event>& cycle) {
  std::string out = "| in | when | follows | because |\n|---|---|---|---|\n";
  std::string unmoved;
  for (const auto& state : cycle.states()) {
    std::string ignored;
    for (const auto& event : cycle.events()) {
      const auto* row = cycle.find(state.state, event.event);
      if (row == nullptr)
        continue;
      if (row->to == state.state && row->why.empty())
        ignored += (ignored.empty() ? "" : ", ") + std::string{event.name};
      else if (row->from)
        out += "| `" + std::string{state.name} + "` | "
               + std::string{event.name} + " | `"
               + std::string{cycle.row_of(row->to).name} + "` | "
               + std::string{row->why} + " |\n";
    }
    if (!ignored.empty())
      unmoved += "- `" + std::string{state.name} + "`: " + ignored + "\n";
  }
  for (const auto& row : cycle.rows())
    if (!row.from)
      out += "| any other | " + name_of(cycle, row.on) + " | `"
             + std::string{cycle.row_of(row.to).name} + "` | "
             + std::string{row.why} + " |\n";
  if (!unmoved.empty())
    out += "\nWhat changes nothing:\n\n" + unmoved;
  return out;
}

template <class State, class Event>
std::string section(const std::string& title, const std::string& text,
                    const life_cycle<State, Event>& cycle) {
  return "\n## " + title + "\n\n" + text + "\n\n" + states_of(cycle) + "\n"
         + events_of(cycle) + "\n" + rows_of(cycle);
}

std::string render() {
  return "# States\n\n"
         "What `serval status` calls applications, backends, workers and\n"
         "nodes, and what follows when something happens to them. The tables\n"
         "are those that the code uses (`src/model/*_state.cpp`). This page\n"
         "is written from them by\n"
         "`SERVAL_WRITE_DOCS=1 build/tests/model/model_test`, a test that\n"
         "fails when the two differ.\n"
         + section("Applications",
                   "Each turn, an app_master looks at the journal and at its "
                   "backends, and finds\none of the events.",
                   app_cycle())
         + section("Backends",
                   "The same for each backend of a release, from its workers.",
                   backend_cycle())
         + section("Workers",
                   "A worker moves when its node reports something, when a "
                   "time-out passes, and\nwhen it is no longer wanted. What is "
                   "not in the table cannot happen and is\nignored.",
                   worker_cycle())
         + section("Nodes",
                   "A node of a cluster moves when its link comes or goes, "
                   "when a time-out passes,\nand when the operator says so.",
                   node_cycle());
}

std::string read_page() {
  std::ifstream in(page);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

} // namespace

TEST_CASE("docs/states.md shows the tables that the code uses") {
  auto text = render();
  if (std::getenv("SERVAL_WRITE_DOCS") != nullptr)
    std::ofstream(page) << text;
  INFO("write it with SERVAL_WRITE_DOCS=1 build/tests/model/model_test");
  CHECK((read_page() == text));
}
