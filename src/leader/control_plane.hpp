#pragma once

#include "base/result.hpp"
#include "model/app_spec.hpp"
#include "model/decision.hpp"
#include "model/status.hpp"

#include <functional>
#include <string>
#include <vector>

namespace serval {

/// What every control command says about itself. The control API makes an
/// operation id if the client sent none; the same id again has the same result
/// and is carried out once.
struct command_header {
  std::string operation_id;
  std::string who;    ///< Identity of the caller, for the journal.
  std::string reason; ///< Why, as the caller put it; may be empty.
};

/// What the control API can ask of the control plane. Implemented by the
/// leader. Any thread may call; handlers run on a thread of the implementor,
/// and always: what is lost because an app_master ends is answered
/// `unavailable`, and may be asked again under the same operation id.
class control_plane {
public:
  template <class T>
  using reply = std::function<void(result<T>)>;

  virtual ~control_plane() = default;

  /// Makes `spec` the application's next release. Answers once the change is
  /// durable, which is before the release serves; `status` tells that.
  virtual void deploy(command_header header, app_spec spec,
                      reply<app_status> on_reply)
    = 0;

  /// Sets the number of workers of one backend.
  virtual void scale(command_header header, std::string app,
                     std::string backend, std::uint32_t workers,
                     reply<app_status> on_reply)
    = 0;

  /// Stops and forgets an application. Answers once that is durable.
  virtual void remove(command_header header, std::string app,
                      reply<void> on_reply)
    = 0;

  /// Takes workers that the application's journal does not know into it, as
  /// they are. Answers once that is durable. Error: `conflict` if there are
  /// none.
  virtual void adopt(command_header header, std::string app,
                     reply<app_status> on_reply)
    = 0;

  /// Ends workers that the application's journal does not know, and brings up
  /// what it says. Answers once that is durable. Error: as `adopt`.
  virtual void discard(command_header header, std::string app,
                       reply<app_status> on_reply)
    = 0;

  /// Puts a new app_master in the place of the one that there is, or was until
  /// it failed. The workers serve on. Answers once the new one knows them.
  virtual void restart_app_master(command_header header, std::string app,
                                  reply<app_status> on_reply)
    = 0;

  /// All applications, by name.
  virtual void list(reply<std::vector<app_status>> on_reply) = 0;

  /// One application.
  virtual void status(std::string app, reply<app_status> on_reply) = 0;

  /// What was decided about an application since this node leads, and on what;
  /// the last of it, oldest first.
  virtual void explain(std::string app, reply<std::vector<decision>> on_reply)
    = 0;
};

} // namespace serval
