#pragma once

#include "model/app_state.hpp"
#include "model/backend_state.hpp"
#include "model/ids.hpp"
#include "model/node_facts.hpp"
#include "model/node_state.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace serval {

struct worker_status {
  worker_id id;
  std::string state; ///< As in the worker's transition table.
  std::int64_t pid = 0; ///< 0 when inline or not running.
  std::uint32_t restarts = 0;
  std::string message; ///< Why it is not ready and what happens next.
  /// Where it is, in a cluster; empty if nowhere, and if nobody was asked.
  std::string node = {};
};

struct backend_status {
  std::string name;
  backend_state state = backend_state::updating;
  std::uint32_t desired = 0;
  std::uint32_t ready = 0;
  std::string message; ///< Why it is not healthy and what happens next.
  std::vector<worker_status> workers;
};

struct app_status {
  std::string name;
  std::string route;
  release_number release;
  std::string release_hash;
  app_state state = app_state::deploying;
  std::string message; ///< Why it is not running and what happens next.
  std::vector<backend_status> backends;
  /// Things worth knowing that stop nothing, such as a plugin that can never
  /// be unloaded.
  std::vector<std::string> warnings;
};

/// A node of the cluster, as its leader sees it.
struct node_status {
  node_facts facts;
  node_state state = node_state::ready;
  /// How long it has been in that state.
  std::chrono::seconds since{0};
  std::uint32_t workers = 0;
  bool leads = false;
};

} // namespace serval
