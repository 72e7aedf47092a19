#include "app_master/desired_app.hpp"

#include "base/defect.hpp"
#include "spec/spec_json.hpp"

#include <algorithm>
#include <utility>

namespace serval {

namespace {

void apply_to(desired_app& app, const release_deployed& change) {
  release_record release;
  release.number = change.number;
  release.hash = change.hash;
  if (auto spec = parse_spec_json(change.spec))
    release.spec = std::make_shared<const app_spec>(std::move(*spec));
  else
    release.problem = spec.error().message;
  app.newest = std::max(app.newest, change.number);
  app.deleted = false;
  app.failed.reset();
  app.target = std::move(release);
}

void apply_to(desired_app& app, const release_promoted& change) {
  if (!app.target || app.target->number != change.number)
    return;
  auto before = std::exchange(app.serving, std::move(app.target));
  app.target.reset();
  auto returned = app.previous && app.previous->hash == app.serving->hash;
  app.previous = returned ? std::nullopt : std::move(before);
}

void apply_to(desired_app& app, const release_failed& change) {
  if (!app.target || app.target->number != change.number)
    return;
  app.failed = {change.number, app.target->hash, change.reason};
  app.target.reset();
}

void apply_to(desired_app& app, const workers_scaled& change) {
  for (auto* release : {&app.previous, &app.serving, &app.target})
    if (*release && (*release)->number == change.number)
      (*release)->scaled[change.backend] = change.workers;
}

void apply_to(desired_app& app, const application_deleted&) {
  app.deleted = true;
  app.serving.reset();
  app.previous.reset();
  app.target.reset();
  app.failed.reset();
}

void apply_to(desired_app&, const nothing_changed&) {
  // nop
}

void apply_to(desired_app& app, const orphans_adopted& change) {
  app.newest = std::max(app.newest, change.number);
}

void apply_to(desired_app& app, const orphans_discarded& change) {
  app.newest = std::max(app.newest, change.number);
  // Nobody can tell what ran under that number from what is discarded.
  if (app.previous && app.previous->number == change.number)
    app.previous.reset();
}

void remember(desired_app& app, sequence number, const app_change& change) {
  const auto& id = change.cause.operation_id;
  if (id.empty())
    return;
  app.operations.push_back({id, operation_text(change.what), number});
  if (app.operations.size() > remembered_operations)
    app.operations.pop_front();
}

struct text_of_change {
  std::string operator()(const release_deployed& change) const {
    return "deploy " + change.hash;
  }
  std::string operator()(const workers_scaled& change) const {
    return "scale " + change.backend + "=" + std::to_string(change.workers);
  }
  std::string operator()(const application_deleted&) const {
    return "delete";
  }
  std::string operator()(const nothing_changed& change) const {
    return change.command;
  }
  std::string operator()(const orphans_adopted&) const {
    return "adopt";
  }
  std::string operator()(const orphans_discarded&) const {
    return "discard";
  }
  // Serval's own decisions.
  std::string operator()(const release_promoted&) const {
    return "promote";
  }
  std::string operator()(const release_failed&) const {
    return "fail";
  }
};

/// Whether a defect has replay leave this entry out.
bool is_forgotten(const journal_entry& entry, sequence last) {
  const auto& what = entry.change.what;
  return (defect("forget_last_entry") && entry.number == last)
         || (defect("forget_failures_in_replay")
             && std::holds_alternative<release_failed>(what))
         || (defect("forget_scaling_in_replay")
             && std::holds_alternative<workers_scaled>(what));
}

} // namespace

std::string operation_text(const change_kind& what) {
  return std::visit(text_of_change{}, what);
}

std::uint32_t release_record::workers_of(const backend_spec& backend) const {
  auto found = scaled.find(backend.name);
  return found == scaled.end() ? backend.workers : found->second;
}

bool operator==(const release_record& a, const release_record& b) {
  auto same_spec = a.spec == b.spec || (a.spec && b.spec && *a.spec == *b.spec);
  return same_spec && a.number == b.number && a.hash == b.hash
         && a.problem == b.problem && a.scaled == b.scaled;
}

void apply(desired_app& app, sequence number, const app_change& change) {
  std::visit([&](const auto& what) { apply_to(app, what); }, change.what);
  remember(app, number, change);
  app.last = number;
}

desired_app replay(const journal& from) {
  desired_app app;
  for (const auto& entry : from.entries)
    if (!is_forgotten(entry, from.last))
      apply(app, entry.number, entry.change);
  app.last = from.last;
  return app;
}

const known_operation* find_operation(const desired_app& app,
                                      std::string_view id) {
  if (id.empty() || defect("forget_operations"))
    return nullptr;
  auto found = std::ranges::find(app.operations, id, &known_operation::id);
  return found == app.operations.end() ? nullptr : &*found;
}

} // namespace serval
