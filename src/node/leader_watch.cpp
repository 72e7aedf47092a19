#include "node/leader_watch.hpp"

#include <fmt/format.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace serval {

namespace {

prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name,
                         const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(
    {});
}

} // namespace

leader_watch::leader_watch(prometheus::Registry& registry)
  : leading_(gauge(registry, "serval_leading",
                   "Whether this node leads, 0 or 1.")),
    epoch_(gauge(registry, "serval_leader_epoch",
                 "The term of whoever leads; 0 if it is not known.")) {
  // nop
}

void leader_watch::update(const leadership_view& view, node_log& log) {
  auto leads = view.role == leader_role::leading;
  leading_.Set(leads ? 1 : 0);
  epoch_.Set(static_cast<double>(view.epoch.value));
  auto line = leads ? fmt::format("this node leads under epoch {}",
                                  view.epoch.value)
                    : fmt::format("{}: {}", to_string(view.role), view.reason);
  std::lock_guard held{mutex_};
  if (line != told_)
    log.write(log_level::info, "leader", line);
  told_ = std::move(line);
  view_ = view;
  has_led_ |= leads;
}

leadership_view leader_watch::view() const {
  std::lock_guard held{mutex_};
  return view_;
}

std::optional<std::string> leader_watch::why_not_ready() const {
  std::lock_guard held{mutex_};
  if (has_led_)
    return std::nullopt;
  return "no applications are known here yet: " + view_.reason;
}

} // namespace serval
