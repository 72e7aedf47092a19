#include "app_master/commands.hpp"

#include "spec/spec_json.hpp"
#include "spec/spec_validate.hpp"
#include "wire/journal_records.hpp"

#include <string>

namespace serval {

namespace {

std::string quoted(std::string_view name) {
  return '"' + std::string{name} + '"';
}

error no_such_app(std::string_view name) {
  return {errc::not_found,
          "there is no application " + quoted(name) + "; deploy it first"};
}

/// Whether deploying `hash` would bring up what is there already.
bool is_current(const desired_app& app, const std::string& hash) {
  const auto& release = app.target ? app.target : app.serving;
  return !app.deleted && !app.failed && release && release->hash == hash
         && release->scaled.empty();
}

result<std::vector<change_kind>> changes_for(const desired_app& app,
                                             std::string_view name,
                                             const deploy_release& command) {
  if (command.spec.name != name)
    return error{errc::bad_request,
                 "the spec is of application " + quoted(command.spec.name)
                   + ", not of " + quoted(name)};
  if (auto problems = validate(command.spec); !problems.empty())
    return to_error(problems, "application " + quoted(name));
  if (command.spec.plugin_sha256.empty())
    return error{errc::bad_request, "application " + quoted(name)
                                      + " names no plugin; upload it first"};
  auto hash = release_hash(command.spec);
  if (is_current(app, hash))
    return std::vector<change_kind>{};
  return std::vector<change_kind>{release_deployed{
    {app.newest.value + 1}, to_canonical_json(command.spec), hash}};
}

error no_such_backend(const app_spec& spec, std::string_view backend) {
  std::string names;
  for (const auto& known : spec.backends)
    names += (names.empty() ? "" : ", ") + known.name;
  return {errc::not_found, "application " + quoted(spec.name)
                             + " has no backend " + quoted(backend)
                             + "; its backends are: " + names};
}

result<std::vector<change_kind>> changes_for(const desired_app& app,
                                             std::string_view name,
                                             const scale_backend& command) {
  const auto& release = app.target ? app.target : app.serving;
  if (app.deleted || (!release && !app.failed))
    return no_such_app(name);
  if (!release || !release->spec)
    return error{errc::conflict,
                 "application " + quoted(name)
                   + " has no release that could be scaled; deploy it again"};
  const auto* backend = find_backend(*release->spec, command.backend);
  if (backend == nullptr)
    return no_such_backend(*release->spec, command.backend);
  if (command.workers == 0 || command.workers > workers_max)
    return error{errc::bad_request,
                 "backend " + quoted(command.backend) + " cannot have "
                   + std::to_string(command.workers)
                   + " workers; give a number from 1 to "
                   + std::to_string(workers_max)};
  if (release->workers_of(*backend) == command.workers)
    return std::vector<change_kind>{};
  return std::vector<change_kind>{
    workers_scaled{release->number, command.backend, command.workers}};
}

result<std::vector<change_kind>> changes_for(const desired_app& app,
                                             std::string_view name,
                                             const delete_application&) {
  if (app.deleted)
    return no_such_app(name);
  return std::vector<change_kind>{application_deleted{}};
}

error no_orphans(std::string_view name) {
  return {errc::conflict,
          "application " + quoted(name)
            + " has no orphans: its journal knows all of its workers"};
}

result<std::vector<change_kind>> changes_for(const desired_app&,
                                             std::string_view name,
                                             const adopt_orphans&) {
  return no_orphans(name);
}

result<std::vector<change_kind>> changes_for(const desired_app&,
                                             std::string_view name,
                                             const discard_orphans&) {
  return no_orphans(name);
}

struct as_change {
  change_kind operator()(const deploy_release& deploy) const {
    return release_deployed{{}, {}, release_hash(deploy.spec)};
  }
  change_kind operator()(const scale_backend& scale) const {
    return workers_scaled{{}, scale.backend, scale.workers};
  }
  change_kind operator()(const delete_application&) const {
    return application_deleted{};
  }
  change_kind operator()(const adopt_orphans&) const {
    return orphans_adopted{};
  }
  change_kind operator()(const discard_orphans&) const {
    return orphans_discarded{};
  }
};

} // namespace

std::string command_text(const app_command& command) {
  return operation_text(std::visit(as_change{}, command.what));
}

result<std::vector<app_change>> fit_into(std::uint16_t format,
                                         std::vector<app_change> changes) {
  std::erase_if(changes, [&](const app_change& each) {
    return std::holds_alternative<nothing_changed>(each.what)
           && format_of(each.what) > format;
  });
  for (const auto& each : changes)
    if (auto needs = format_of(each.what); needs > format)
      return error{errc::conflict,
                   "the change would be written in format "
                     + std::to_string(needs)
                     + " of the journal, and not every node reads that: some "
                       "run an older version of Serval, or have yet to join; "
                       "upgrade them first (\"serval nodes\" shows them)"};
  return changes;
}

result<std::vector<app_change>> decide(const desired_app& app,
                                       std::string_view name,
                                       const app_command& command) {
  auto changes = std::visit(
    [&](const auto& what) { return changes_for(app, name, what); },
    command.what);
  if (!changes)
    return changes.error();
  std::vector<app_change> out;
  for (auto& what : *changes)
    out.push_back({command.cause, std::move(what)});
  if (out.empty() && !command.cause.operation_id.empty())
    out.push_back({command.cause, nothing_changed{command_text(command)}});
  return out;
}

} // namespace serval
