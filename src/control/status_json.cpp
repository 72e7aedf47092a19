#include "control/status_json.hpp"

#include "control/json_reading.hpp"

#include <stdexcept>

namespace serval {

namespace {

namespace json = boost::json;

/// The state of that name, of `cycle`.
template <class State, class Event>
State state_named(const life_cycle<State, Event>& cycle,
                  std::string_view name) {
  for (const auto& each : cycle.states())
    if (each.name == name)
      return each.state;
  throw std::invalid_argument("unknown state");
}

json::object to_json(const worker_status& status) {
  return {{"id", status.id.value},
          {"state", status.state},
          {"pid", status.pid},
          {"restarts", status.restarts},
          {"message", status.message},
          {"node", status.node}};
}

json::object to_json(const backend_status& status) {
  json::array workers;
  for (const auto& each : status.workers)
    workers.push_back(to_json(each));
  return {{"name", status.name},
          {"state", to_string(status.state)},
          {"desired", status.desired},
          {"ready", status.ready},
          {"message", status.message},
          {"workers", std::move(workers)}};
}

// Members that are not there are empty: an older daemon may not know them.

std::string text_or_empty(const json::object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  return value ? json::value_to<std::string>(*value) : std::string{};
}

template <class Number>
Number number_at(const json::object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  return value ? value->to_number<Number>() : Number{0};
}

const json::array& array_at(const json::object& from, std::string_view key) {
  static const json::array none;
  const auto* value = from.if_contains(key);
  return value ? value->as_array() : none;
}

worker_status read_worker(const json::object& from) {
  return {worker_id{number_at<std::uint64_t>(from, "id")},
          text_or_empty(from, "state"), number_at<std::int64_t>(from, "pid"),
          number_at<std::uint32_t>(from, "restarts"),
          text_or_empty(from, "message"), text_or_empty(from, "node")};
}

backend_status read_backend(const json::object& from) {
  backend_status status{text_or_empty(from, "name"),
                        state_named(backend_cycle(),
                                    text_or_empty(from, "state")),
                        number_at<std::uint32_t>(from, "desired"),
                        number_at<std::uint32_t>(from, "ready"),
                        text_or_empty(from, "message"),
                        {}};
  for (const auto& each : array_at(from, "workers"))
    status.workers.push_back(read_worker(each.as_object()));
  return status;
}

app_status read_app(const json::object& from) {
  app_status status;
  status.name = text_or_empty(from, "name");
  status.route = text_or_empty(from, "route");
  status.release.value = number_at<std::uint64_t>(from, "release");
  status.release_hash = text_or_empty(from, "release_hash");
  status.message = text_or_empty(from, "message");
  status.state = state_named(app_cycle(), text_or_empty(from, "state"));
  for (const auto& each : array_at(from, "backends"))
    status.backends.push_back(read_backend(each.as_object()));
  for (const auto& each : array_at(from, "warnings"))
    status.warnings.push_back(json::value_to<std::string>(each));
  return status;
}

} // namespace

json::object to_json(const app_status& status) {
  json::array backends;
  for (const auto& each : status.backends)
    backends.push_back(to_json(each));
  json::array warnings;
  for (const auto& each : status.warnings)
    warnings.push_back(json::string_view{each});
  return {{"name", status.name},
          {"route", status.route},
          {"release", status.release.value},
          {"release_hash", status.release_hash},
          {"state", to_string(status.state)},
          {"message", status.message},
          {"backends", std::move(backends)},
          {"warnings", std::move(warnings)}};
}

result<app_status> parse_status_json(std::string_view text) {
  return read_json("the status is", text, read_app);
}

result<std::vector<app_status>> parse_status_list_json(std::string_view text) {
  return read_json("the status is", text, [](const json::object& from) {
    std::vector<app_status> list;
    for (const auto& each : from.at("applications").as_array())
      list.push_back(read_app(each.as_object()));
    return list;
  });
}

} // namespace serval
