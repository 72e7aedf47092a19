#include "control/history_json.hpp"

#include "control/json_reading.hpp"

#include <fmt/chrono.h>

#include <stdexcept>

namespace serval {

namespace {

namespace json = boost::json;

struct add_fields {
  json::object& to;
  bool with_spec;

  void operator()(const release_deployed& x) const {
    to["release"] = x.number.value;
    to["hash"] = x.hash;
    if (with_spec)
      to["spec"] = x.spec;
  }

  void operator()(const release_promoted& x) const {
    to["release"] = x.number.value;
  }

  void operator()(const release_failed& x) const {
    to["release"] = x.number.value;
    to["problem"] = x.reason;
  }

  void operator()(const workers_scaled& x) const {
    to["release"] = x.number.value;
    to["backend"] = x.backend;
    to["workers"] = x.workers;
  }

  void operator()(const application_deleted&) const {
    // nop
  }

  void operator()(const nothing_changed& x) const {
    to["command"] = x.command;
  }

  void operator()(const orphans_adopted& x) const {
    to["release"] = x.number.value;
  }

  void operator()(const orphans_discarded& x) const {
    to["release"] = x.number.value;
  }
};

json::object to_json(const journal_entry& entry, bool with_spec) {
  const auto& cause = entry.change.cause;
  json::object out{{"sequence", entry.number.value},
                   {"at", to_rfc3339(entry.at)},
                   {"at_ns", entry.at.time_since_epoch().count()},
                   {"epoch", entry.epoch.value},
                   {"who", cause.who},
                   {"why", cause.reason},
                   {"operation_id", cause.operation_id},
                   {"change", name_of(entry.change.what)}};
  std::visit(add_fields{out, with_spec}, entry.change.what);
  return out;
}

std::uint64_t number_at(const json::object& from, std::string_view key) {
  return from.at(key).to_number<std::uint64_t>();
}

change_kind read_change(const json::object& from) {
  auto kind = text_at(from, "change");
  if (kind == name_of(application_deleted{}))
    return application_deleted{};
  if (kind == name_of(nothing_changed{}))
    return nothing_changed{text_at(from, "command")};
  release_number release{number_at(from, "release")};
  if (kind == name_of(release_deployed{}))
    return release_deployed{release, {}, text_at(from, "hash")};
  if (kind == name_of(release_promoted{}))
    return release_promoted{release};
  if (kind == name_of(release_failed{}))
    return release_failed{release, text_at(from, "problem")};
  if (kind == name_of(workers_scaled{}))
    return workers_scaled{release, text_at(from, "backend"),
                          from.at("workers").to_number<std::uint32_t>()};
  if (kind == name_of(orphans_adopted{}))
    return orphans_adopted{release};
  if (kind == name_of(orphans_discarded{}))
    return orphans_discarded{release};
  throw std::invalid_argument("unknown change " + kind);
}

journal_entry read_entry(const json::object& from) {
  journal_entry entry;
  entry.number = {number_at(from, "sequence")};
  entry.epoch = {number_at(from, "epoch")};
  entry.at = wall_time{duration{from.at("at_ns").to_number<std::int64_t>()}};
  entry.change.cause = {text_at(from, "operation_id"), text_at(from, "who"),
                        text_at(from, "why")};
  entry.change.what = read_change(from);
  return entry;
}

} // namespace

json::object to_json(const std::string& app, const journal& history,
                     bool with_spec) {
  json::array changes;
  for (const auto& entry : history.entries)
    changes.push_back(to_json(entry, with_spec));
  return {{"application", app},
          {"last_sequence", history.last.value},
          {"dropped", history.last.value - history.entries.size()},
          {"changes", std::move(changes)}};
}

json::object to_json(const store_summary& summary) {
  return {{"applications", summary.applications},
          {"changes", summary.changes},
          {"entries", summary.entries},
          {"batch", summary.batch},
          {"acknowledged", summary.acknowledged},
          {"epoch", summary.epoch.value}};
}

result<journal> parse_history_json(std::string_view text) {
  return read_json("the history is", text, [](const json::object& from) {
    journal history;
    history.last = {number_at(from, "last_sequence")};
    for (const auto& each : from.at("changes").as_array())
      history.entries.push_back(read_entry(each.as_object()));
    return history;
  });
}

result<store_summary> parse_summary_json(std::string_view text) {
  return read_json("the answer is", text, [](const json::object& from) {
    return store_summary{
      number_at(from, "applications"), number_at(from, "changes"),
      number_at(from, "entries"),      number_at(from, "batch"),
      number_at(from, "acknowledged"), {number_at(from, "epoch")}};
  });
}

std::string to_rfc3339(wall_time at) {
  auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  auto rest = std::chrono::floor<std::chrono::milliseconds>(at - seconds);
  return fmt::format("{:%FT%T}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     rest.count());
}

} // namespace serval
