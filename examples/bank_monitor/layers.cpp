#include "layers.hpp"

#include "merge.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace bank_monitor {

namespace {

constexpr int status_not_found = 404;
constexpr int status_unreadable = 422;

/// Why a piece has no answer.
absence absence_of(const serval::map_result::piece& piece) {
  auto why = [&](reason reason) {
    return absence{reason, std::string{piece.body}};
  };
  switch (piece.outcome) {
    case serval::call_outcome::rejected:
      return why(piece.reject_status == status_not_found ? reason::not_found
                                                         : reason::unreadable);
    case serval::call_outcome::failed:
      return why(reason::unreadable);
    case serval::call_outcome::worker_died:
    case serval::call_outcome::no_worker:
    case serval::call_outcome::invalid:
      return why(reason::worker_died);
    default:
      return why(reason::timeout);
  }
}

/// Sends each task to a worker of the layer below; what became of it is kept by
/// name. Waits so long that `margin` tenths of the time, or quarters of a
/// second if that is less, are left to answer with what there is.
template <class Reply, class Task>
std::map<std::string, part<Reply>>
map_tasks(serval::context& ctx, const char* backend,
          const std::map<std::string, Task>& tasks, int margin) {
  std::vector<std::string> names;
  std::vector<std::string> pieces;
  for (const auto& [name, task] : tasks) {
    names.push_back(name);
    pieces.push_back(serval::to_json(task));
  }
  std::chrono::nanoseconds quarter = std::chrono::milliseconds{250};
  auto left = ctx.remaining();
  auto patience = left - margin * std::min(left / 10, quarter);
  auto results = ctx.map(backend, pieces, serval::until::best_by(patience));
  std::map<std::string, part<Reply>> parts;
  for (auto each : results) {
    auto& result = parts[names[each.index]];
    if (each.ok())
      result = serval::from_json<Reply>(each.body);
    else
      result = absence_of(each);
  }
  return parts;
}

[[noreturn]] void reject_absence(const absence& why) {
  throw serval::reject(why.reason == reason::not_found ? status_not_found
                                                       : status_unreadable,
                       why.detail);
}

} // namespace

overview strategy::answer(serval::context& ctx, const query& query) {
  auto merged = merge(
    map_tasks<bank_reply>(ctx, "bank", folder_.split(query), 1));
  switch (judge(merged)) {
    case verdict::good:
      return merged;
    case verdict::not_found:
      throw serval::reject(status_not_found, describe(merged));
    case verdict::failed:
      break;
  }
  throw std::runtime_error(describe(merged));
}

bank_reply bank::answer(serval::context& ctx, const bank_task& task) {
  auto tasks = folder_.split(task);
  if (auto why = std::get_if<absence>(&tasks))
    reject_absence(*why);
  return merge(task.bank, map_tasks<indicator_reply>(
                            ctx, "indicator", std::get<0>(tasks), 2));
}

indicator_reply indicator::answer(serval::context&,
                                  const indicator_task& task) {
  auto result = folder_.read(task);
  if (auto why = std::get_if<absence>(&result))
    reject_absence(*why);
  return std::get<indicator_reply>(result);
}

} // namespace bank_monitor
