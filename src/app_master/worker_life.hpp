#pragma once

#include "app_master/effects.hpp"
#include "app_master/observed_app.hpp"

namespace serval {

/// What all steps of one turn of an app_master share.
struct turn {
  std::string app;
  const supervision_options& options;
  observed_app& observed;
  random_source& random;
  time_point now;
  /// The journal's state that the turn acts on.
  sequence after;
  effects out;

  template <class T>
  void emit(T what) {
    auto& one = out.emplace_back();
    one.after = after;
    one.what = std::move(what);
  }

  /// Remembers what was decided about whom, and on what.
  void note(std::string about, std::string what, std::string why) {
    observed.decisions.note(now, std::move(about), std::move(what),
                            std::move(why));
  }
};

/// "worker bank/3".
std::string name_of(const worker_slot& worker);

/// The backend of a worker, as far as it is known.
backend_life& backend_of(observed_app& observed, const worker_slot& worker);

/// Moves a worker through its transition table and orders what the new state
/// calls for. Events that cannot happen in its state are ignored. A worker that
/// is `stopped` afterwards is to be erased by the caller.
void advance_worker(turn& now, worker_slot& worker, worker_event event,
                    std::string reason = {});

/// Lets everything happen that is due.
void expire_workers(turn& now);

/// Forgets those that are `stopped`.
void erase_stopped(turn& now);

/// Adds a worker and orders its start.
void add_worker(turn& now, release_number release,
                std::shared_ptr<const app_spec> spec,
                const std::string& backend);

} // namespace serval
