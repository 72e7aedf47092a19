#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>

namespace serval {

/// What follows when something happens in a state, and why.
template <class State, class Event>
struct transition {
  /// None stands for every state that is no end and has no row of its own for
  /// the event.
  std::optional<State> from;
  Event on;
  /// The same as `from` where the event changes nothing.
  State to;
  std::string_view why;
};

template <class State, class Event>
struct state_row {
  State state;
  std::string_view name;
  std::string_view meaning;
  /// How long it lasts at most; empty where it may last.
  std::string_view limit = {};
  /// What happens after that time.
  std::optional<Event> when_over = {};
  /// Nothing follows.
  bool is_end = false;
};

template <class Event>
struct event_row {
  Event event;
  std::string_view name;
  std::string_view meaning;
};

/// A life cycle as data: the code that moves through it, the tests that walk it
/// and the page that shows it (docs/states.md) read the same rows. Built at
/// compile time, where a row too many does not compile.
template <class State, class Event>
class life_cycle {
public:
  using states_type = std::span<const state_row<State, Event>>;
  using events_type = std::span<const event_row<Event>>;
  using rows_type = std::span<const transition<State, Event>>;

  /// REQUIRES: `states` and `events` are in the order of their enumerations;
  /// all three outlive this.
  constexpr life_cycle(states_type states, events_type events, rows_type rows)
    : states_(states), events_(events), rows_(rows) {
    for (std::size_t i = 0; i < states.size(); ++i)
      if (static_cast<std::size_t>(states[i].state) != i)
        throw std::logic_error("states are out of order");
    for (std::size_t i = 0; i < events.size(); ++i)
      if (static_cast<std::size_t>(events[i].event) != i)
        throw std::logic_error("events are out of order");
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (rows[i].from)
        put(*rows[i].from, i);
    auto with_own_row = index_;
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (!rows[i].from)
        for (const auto& each : states)
          if (!each.is_end && with_own_row[at(each.state, rows[i].on)] == 0)
            put(each.state, i);
  }

  constexpr states_type states() const noexcept {
    return states_;
  }

  constexpr events_type events() const noexcept {
    return events_;
  }

  constexpr rows_type rows() const noexcept {
    return rows_;
  }

  constexpr const state_row<State, Event>& row_of(State state) const noexcept {
    return states_[static_cast<std::size_t>(state)];
  }

  /// The row for that state and event; null where it cannot happen.
  constexpr const transition<State, Event>*
  find(State state, Event event) const noexcept {
    auto found = index_[at(state, event)];
    return found == 0 ? nullptr : &rows_[found - 1u];
  }

private:
  constexpr std::size_t at(State state, Event event) const noexcept {
    return static_cast<std::size_t>(state) * events_.size()
           + static_cast<std::size_t>(event);
  }

  constexpr void put(State state, std::size_t row) {
    auto& place = index_.at(at(state, rows_[row].on));
    if (place != 0)
      throw std::logic_error("a state has two rows for one event");
    place = static_cast<std::uint8_t>(row + 1);
  }

  states_type states_;
  events_type events_;
  rows_type rows_;
  /// By state and event: the row's number, from 1; 0 for none.
  std::array<std::uint8_t, 256> index_{};
};

} // namespace serval
