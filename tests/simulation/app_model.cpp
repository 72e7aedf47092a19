#include "simulation/app_model.hpp"

#include "spec/spec_json.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace serval::simulation {

namespace {

constexpr std::size_t operations_max = 256;

using workers_map = std::map<std::string, std::uint32_t, std::less<>>;

std::string text_of_release(std::string_view role, release_number number,
                            std::string_view hash,
                            const workers_map& workers) {
  auto out = fmt::format(" {} {} {:.8}", role, number.value, hash);
  for (const auto& [backend, count] : workers)
    out += fmt::format(" {}={}", backend, count);
  return out;
}

/// Models are made anew all the time, of the same few specs.
const workers_map& workers_in(const release_deployed& what) {
  static std::map<std::string, workers_map> known;
  auto [place, fresh] = known.try_emplace(what.spec);
  if (auto spec = fresh ? parse_spec_json(what.spec)
                        : result<app_spec>{error{}})
    for (const auto& backend : spec->backends)
      place->second[backend.name] = backend.workers;
  return place->second;
}

void add_operation(std::string& out, const std::string& id, sequence number) {
  out += ' ';
  out += id;
  out += '@';
  out += std::to_string(number.value);
}

} // namespace

void app_model::apply(const journal_entry& entry) {
  std::visit([this](const auto& what) { change(what); }, entry.change.what);
  last = entry.number;
  if (entry.change.cause.operation_id.empty())
    return;
  operations.push_back({entry.change.cause.operation_id, entry.number});
  if (operations.size() > operations_max)
    operations.pop_front();
}

void app_model::change(const release_deployed& what) {
  target = release{what.number, what.hash, workers_in(what)};
  newest = what.number;
  failed = {};
  deleted = false;
}

void app_model::change(const release_promoted& what) {
  if (!target || target->number != what.number)
    return;
  if (previous && previous->hash == target->hash)
    previous.reset();
  else
    previous = serving;
  serving = std::move(target);
  target.reset();
}

void app_model::change(const release_failed& what) {
  if (!target || target->number != what.number)
    return;
  failed = what.number;
  target.reset();
}

void app_model::change(const workers_scaled& what) {
  for (auto* each : {&serving, &previous, &target})
    if (*each && (*each)->number == what.number)
      (*each)->workers[what.backend] = what.workers;
}

void app_model::change(const application_deleted&) {
  serving.reset();
  previous.reset();
  target.reset();
  failed = {};
  deleted = true;
}

void app_model::change(const nothing_changed&) {
  // nop
}

void app_model::change(const orphans_adopted& what) {
  newest = std::max(newest, what.number);
}

void app_model::change(const orphans_discarded& what) {
  newest = std::max(newest, what.number);
  if (previous && previous->number == what.number)
    previous.reset();
}

const app_model::release* app_model::find(release_number number) const {
  for (auto* each : {&serving, &target})
    if (*each && (*each)->number == number)
      return &**each;
  return nullptr;
}

std::uint32_t app_model::wanted(release_number number,
                                std::string_view backend) const {
  auto* release = find(number);
  if (release == nullptr)
    return 0;
  auto found = release->workers.find(backend);
  return found == release->workers.end() ? 0 : found->second;
}

std::string app_model::text() const {
  auto out = fmt::format("{} newest {} {}", last.value, newest.value,
                         deleted ? "deleted" : "there");
  auto add = [&](std::string_view role, const std::optional<release>& each) {
    if (each)
      out += text_of_release(role, each->number, each->hash, each->workers);
  };
  add("serving", serving);
  add("previous", previous);
  add("target", target);
  out += fmt::format(" failed {}", failed.value);
  for (const auto& each : operations)
    add_operation(out, each.id, each.number);
  return out;
}

std::string text_of(const desired_app& app) {
  auto out = fmt::format("{} newest {} {}", app.last.value, app.newest.value,
                         app.deleted ? "deleted" : "there");
  auto add = [&](std::string_view role,
                 const std::optional<release_record>& each) {
    if (!each)
      return;
    workers_map workers;
    if (each->spec)
      for (const auto& backend : each->spec->backends)
        workers[backend.name] = each->workers_of(backend);
    out += text_of_release(role, each->number, each->hash, workers);
  };
  add("serving", app.serving);
  add("previous", app.previous);
  add("target", app.target);
  out += fmt::format(" failed {}", app.failed ? app.failed->number.value : 0);
  for (const auto& each : app.operations)
    add_operation(out, each.id, each.number);
  return out;
}

} // namespace serval::simulation
