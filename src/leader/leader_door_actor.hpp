#pragma once

#include "app_master/app_master_actor.hpp"
#include "leader/leader_door.hpp"
#include "leader/control_plane.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace serval {

// -- control_plane → leader ---------------------------------------------------

struct leader_order {
  std::string app;
  app_order order;
};

struct leader_question {
  std::string app;
  app_question question;
};

struct leader_inquiry {
  std::string app;
  app_inquiry inquiry;
};

struct leader_listing {
  control_plane::reply<std::vector<app_status>> on_reply;
};

struct leader_restart {
  command_header header;
  std::string app;
  app_reply on_reply;
};

/// The leader leads no more, and asks for no lease until it is told to resume.
struct leader_rest {
  std::string reason;
  /// Called once it uses the store no more.
  std::function<void()> done;
};

struct leader_resume {};

/// The door to a leader for any thread. Destroying it stops the leader.
std::unique_ptr<leader_door> make_leader_door(caf::actor leader);

/// What is said in the place of an app_master that ends before it can.
error no_answer(const std::string& app);

} // namespace serval

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::leader_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::leader_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::leader_inquiry)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::leader_listing)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::leader_restart)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::leader_rest)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::leader_resume)
