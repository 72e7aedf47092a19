#pragma once

#include "app_master/desired_app.hpp"
#include "base/result.hpp"

#include <variant>
#include <vector>

namespace serval {

/// Makes `spec` the next release.
struct deploy_release {
  app_spec spec;
};

/// Sets a backend's number of workers, in the release that is being brought up
/// if there is one, else in the one that serves.
struct scale_backend {
  std::string backend;
  std::uint32_t workers = 0;
};

struct delete_application {};

/// Has the journal say what the workers are that it does not know.
struct adopt_orphans {};

/// Ends the workers that the journal does not know.
struct discard_orphans {};

/// Everything an operator can tell an app_master.
struct app_command {
  change_cause cause;
  std::variant<deploy_release, scale_backend, delete_application, adopt_orphans,
               discard_orphans>
    what;
};

/// What a command asks for, as repeated ones are compared; `operation_text` of
/// what it leads to is the same.
std::string command_text(const app_command& command);

/// What of `changes` a journal of that format can say. What only notes that a
/// command was repeated may be left out; without anything else it is a
/// `conflict`.
result<std::vector<app_change>> fit_into(std::uint16_t format,
                                         std::vector<app_change> changes);

/// What `command` changes in `app`, which is called `name` and has no orphans.
/// If it is so already, only that the operation took place. Errors say what is
/// wrong with the command and change nothing.
result<std::vector<app_change>> decide(const desired_app& app,
                                       std::string_view name,
                                       const app_command& command);

} // namespace serval
