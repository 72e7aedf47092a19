#include "messages.hpp"

#include "timestamp.hpp"

#include <array>
#include <stdexcept>
#include <string_view>

#include <boost/json.hpp>

namespace bank_monitor {

namespace json = boost::json;

namespace {

constexpr std::size_t points_max = 1'000'000;

constexpr std::array<std::string_view, 3> indicator_states
  = {"no_data", "normal", "anomaly"};

constexpr std::array<std::string_view, 4> bank_states
  = {"no_data", "healthy", "degraded", "critical"};

constexpr std::array<std::string_view, 4> reasons
  = {"not_found", "unreadable", "timeout", "worker_died"};

template <class Enum, std::size_t N>
std::string_view name_of(Enum value,
                         const std::array<std::string_view, N>& names) {
  return names.at(static_cast<std::size_t>(value));
}

template <class Enum, std::size_t N>
Enum enum_of(std::string_view name,
             const std::array<std::string_view, N>& names) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == name)
      return static_cast<Enum>(i);
  throw std::invalid_argument("unknown name " + std::string{name});
}

/// Names become parts of paths, so nothing may lead out of the folder.
std::string to_name(const json::value& value, const char* what) {
  if (!value.is_string())
    throw std::invalid_argument(std::string{what} + " names must be strings");
  auto name = json::value_to<std::string>(value);
  auto bad = std::string_view{"/\\\0", 3};
  if (name.empty() || name == "." || name == ".."
      || name.find_first_of(bad) != std::string::npos)
    throw std::invalid_argument(
      std::string{what} + " name " + json::serialize(value)
      + " is not allowed: no empty name, /, \\, NUL, \".\" or \"..\"");
  return name;
}

std::vector<std::string> to_indicators(const json::value& value) {
  if (!value.is_array())
    throw std::invalid_argument("the indicators of a bank must be an array of "
                                "names");
  std::vector<std::string> names;
  for (const auto& each : value.get_array())
    names.push_back(to_name(each, "indicator"));
  return names;
}

std::size_t to_points(const json::value& value) {
  json::error_code problem;
  auto points = value.to_number<std::int64_t>(problem);
  auto is_whole = value.is_int64() || value.is_uint64();
  if (!is_whole || problem || points < 1
      || points > static_cast<std::int64_t>(points_max))
    throw std::invalid_argument("\"points\" must be a whole number from 1 to "
                                + std::to_string(points_max));
  return static_cast<std::size_t>(points);
}

std::int64_t to_time(const json::value& value) {
  auto text = value.is_string() ? std::string_view{value.get_string()} : "";
  auto time = parse_timestamp(text);
  if (!time)
    throw std::invalid_argument("\"at\" must be a time such as "
                                "\"2018-04-01T00:00:00Z\"");
  return *time;
}

std::map<std::string, std::vector<std::string>>
to_banks(const json::value& value) {
  if (!value.is_object())
    throw std::invalid_argument("\"banks\" must be an object of bank names, "
                                "each with an array of indicator names");
  std::map<std::string, std::vector<std::string>> banks;
  for (const auto& each : value.get_object())
    banks[to_name(json::value(each.key()), "bank")]
      = to_indicators(each.value());
  return banks;
}

/// Tasks carry the time in seconds; they are the program's own.
window to_window(const json::object& task) {
  window found;
  found.points = to_points(task.at("points"));
  if (auto at = task.if_contains("at"))
    found.at = at->to_number<std::int64_t>();
  return found;
}

void put_window(json::object& task, const window& window) {
  task["points"] = window.points;
  if (window.at)
    task["at"] = *window.at;
}

json::object to_object(const indicator_report& report) {
  json::object object;
  object["count"] = report.count;
  object["state"] = name_of(report.state, indicator_states);
  if (report.state == indicator_state::no_data)
    return object;
  object["last"] = report.last;
  object["mean"] = report.mean;
  object["stddev"] = report.stddev;
  object["p95"] = report.p95;
  object["ewma"] = report.ewma;
  object["z"] = report.z;
  return object;
}

indicator_report to_indicator_report(const json::object& object) {
  indicator_report report;
  report.count = object.at("count").to_number<std::size_t>();
  report.state = enum_of<indicator_state>(object.at("state").as_string(),
                                          indicator_states);
  if (report.state == indicator_state::no_data)
    return report;
  report.last = object.at("last").to_number<double>();
  report.mean = object.at("mean").to_number<double>();
  report.stddev = object.at("stddev").to_number<double>();
  report.p95 = object.at("p95").to_number<double>();
  report.ewma = object.at("ewma").to_number<double>();
  report.z = object.at("z").to_number<double>();
  return report;
}

json::object to_object(const bank_report& report) {
  json::object indicators;
  for (const auto& [name, each] : report.indicators)
    indicators[name] = to_object(each);
  json::object object;
  object["indicators"] = std::move(indicators);
  object["anomalies"] = report.anomalies;
  object["score"] = report.score;
  object["state"] = name_of(report.state, bank_states);
  return object;
}

bank_report to_bank_report(const json::object& object) {
  bank_report report;
  for (const auto& each : object.at("indicators").as_object())
    report.indicators[each.key()]
      = to_indicator_report(each.value().as_object());
  report.anomalies = object.at("anomalies").to_number<std::size_t>();
  report.score = object.at("score").to_number<double>();
  report.state = enum_of<bank_state>(object.at("state").as_string(),
                                     bank_states);
  return report;
}

json::array to_array(const std::vector<missing_entry>& list) {
  json::array array;
  for (const auto& each : list) {
    json::object object;
    object["bank"] = each.bank;
    if (each.indicator)
      object["indicator"] = *each.indicator;
    object["reason"] = name_of(each.why.reason, reasons);
    object["detail"] = each.why.detail;
    array.push_back(std::move(object));
  }
  return array;
}

std::vector<missing_entry> to_missing(const json::array& array) {
  std::vector<missing_entry> list;
  for (const auto& value : array) {
    const auto& object = value.as_object();
    missing_entry each;
    each.bank = json::value_to<std::string>(object.at("bank"));
    if (auto indicator = object.if_contains("indicator"))
      each.indicator = json::value_to<std::string>(*indicator);
    each.why.reason = enum_of<reason>(object.at("reason").as_string(), reasons);
    each.why.detail = json::value_to<std::string>(object.at("detail"));
    list.push_back(std::move(each));
  }
  return list;
}

} // namespace

query tag_invoke(json::value_to_tag<query>, const json::value& value) {
  if (!value.is_object())
    throw std::invalid_argument("a request is an object");
  query found;
  for (const auto& each : value.get_object()) {
    if (each.key() == "points")
      found.window.points = to_points(each.value());
    else if (each.key() == "at")
      found.window.at = to_time(each.value());
    else if (each.key() == "banks")
      found.banks = to_banks(each.value());
    else
      throw std::invalid_argument("unknown member "
                                  + json::serialize(json::value(each.key()))
                                  + "; known are points, at and banks");
  }
  return found;
}

bank_task tag_invoke(json::value_to_tag<bank_task>, const json::value& value) {
  const auto& object = value.as_object();
  return {to_name(object.at("bank"), "bank"),
          to_indicators(object.at("indicators")), to_window(object)};
}

indicator_task tag_invoke(json::value_to_tag<indicator_task>,
                          const json::value& value) {
  const auto& object = value.as_object();
  return {to_name(object.at("bank"), "bank"),
          to_name(object.at("indicator"), "indicator"), to_window(object)};
}

indicator_reply tag_invoke(json::value_to_tag<indicator_reply>,
                           const json::value& value) {
  const auto& object = value.as_object();
  return {to_indicator_report(object.at("report").as_object()),
          object.at("skipped_lines").to_number<std::size_t>()};
}

bank_reply tag_invoke(json::value_to_tag<bank_reply>,
                      const json::value& value) {
  const auto& object = value.as_object();
  return {to_bank_report(object.at("report").as_object()),
          object.at("skipped_lines").to_number<std::size_t>(),
          to_missing(object.at("missing").as_array())};
}

void tag_invoke(json::value_from_tag, json::value& value,
                const bank_task& task) {
  auto& object = value.emplace_object();
  object["bank"] = task.bank;
  object["indicators"] = json::value_from(task.indicators);
  put_window(object, task.window);
}

void tag_invoke(json::value_from_tag, json::value& value,
                const indicator_task& task) {
  auto& object = value.emplace_object();
  object["bank"] = task.bank;
  object["indicator"] = task.indicator;
  put_window(object, task.window);
}

void tag_invoke(json::value_from_tag, json::value& value,
                const indicator_reply& reply) {
  auto& object = value.emplace_object();
  object["report"] = to_object(reply.report);
  object["skipped_lines"] = reply.skipped_lines;
}

void tag_invoke(json::value_from_tag, json::value& value,
                const bank_reply& reply) {
  auto& object = value.emplace_object();
  object["report"] = to_object(reply.report);
  object["skipped_lines"] = reply.skipped_lines;
  object["missing"] = to_array(reply.missing);
}

void tag_invoke(json::value_from_tag, json::value& value,
                const overview& overview) {
  auto weights = weights_of(overview.banks);
  json::object banks;
  for (const auto& [name, report] : overview.banks) {
    auto bank = to_object(report);
    bank["weight"] = weights.at(name);
    banks[name] = std::move(bank);
  }
  auto& object = value.emplace_object();
  object["banks"] = std::move(banks);
  object["skipped_lines"] = overview.skipped_lines;
  object["missing"] = to_array(overview.missing);
}

} // namespace bank_monitor
