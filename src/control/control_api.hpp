#pragma once

#include "auth/token_table.hpp"
#include "control/artifact_store.hpp"
#include "control/control_route.hpp"
#include "leader/control_plane.hpp"
#include "leader/leadership_view.hpp"
#include "proxy/http_message.hpp"
#include "store/store.hpp"
#include "store/store_summary.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace serval {

/// What a node tells about itself. Endpoints are `host:port`.
struct node_info {
  std::string name;
  std::string version;
  std::string http;
  std::string rpc;
  std::string admin;
  std::int64_t pid = 0;
  std::chrono::seconds uptime{0};
  leadership_view control_plane{};
};

/// A process that serves in the place of the one that was asked.
struct upgraded {
  std::int64_t pid = 0;
  std::string version;
};

/// What the control API works with. The functions may be called on any thread
/// that calls `control_api::handle`.
struct control_services {
  using count = std::function<std::size_t(const std::string& application,
                                          const std::string& backend)>;

  control_plane& plane;
  artifact_store& artifacts;
  /// Runs a job that blocks, soon, on a thread made for that.
  std::function<void(std::function<void()>)> run_blocking;
  std::function<node_info()> node;
  /// Nothing when the node can serve, else what it waits for.
  std::function<std::optional<std::string>()> why_not_ready;
  /// All metrics in Prometheus' text format.
  std::function<std::string()> metrics;
  /// A new id that no other operation has.
  std::function<std::string()> make_operation_id;
  /// Reads an application's journal from the store; blocks.
  std::function<result<journal>(const std::string& app)> read_journal;
  /// Writes a backup into a directory of this machine; blocks.
  std::function<result<store_summary>(const std::string& directory)> back_up;
  /// How many workers of an application's backend dispatchers leave alone.
  count ejected = [](const std::string&, const std::string&) { return 0u; };
  /// The nodes of the cluster; one that serves alone is the only one.
  std::function<void(control_plane::reply<std::vector<node_status>>)> list_nodes
    = {};
  /// On which nodes of the cluster an application's workers are.
  std::function<void(const std::string& app,
                     std::function<void(std::map<worker_id, std::string>)>)>
    find_workers = [](const std::string&, const auto& reply) { reply({}); };
  /// Has a node's workers replaced elsewhere, or takes that back.
  std::function<void(std::string node, bool on, control_plane::reply<void>)>
    drain_node = {};
  /// Makes room for so many bytes of artifacts; blocks.
  std::function<result<void>(std::uint64_t bytes)> make_room
    = [](std::uint64_t) { return result<void>{}; };
  /// Has a process of that binary take this daemon's place within `patience`;
  /// by default it is that of this daemon.
  std::function<void(std::string binary, duration patience,
                     control_plane::reply<upgraded>)>
    upgrade = {};
};

/// Turns requests on the admin listener into commands and their results into
/// JSON. Errors are application/problem+json. Used on one thread.
class control_api {
public:
  using reply = std::function<void(http_response)>;

  explicit control_api(control_services services);

  /// Requests that come from now on need one of these tokens; null asks nobody
  /// for one.
  void use(token_table_ptr tokens);

  /// The answer to a request that may not go on, as soon as its head is known;
  /// nothing if its body may be read.
  std::optional<http_response> refuse(const request_head& head) const;

  /// Answers `request` through `on_reply`, exactly once: before this returns,
  /// or later on a thread of the control plane or of `run_blocking`. The
  /// request is used only until this returns; its body is taken.
  void handle(http_request& request, reply on_reply);

private:
  std::optional<http_response> refuse(const request_head& head,
                                      const route_match& match,
                                      std::string& who) const;
  std::optional<http_response> refuse(const request_head& head,
                                      const access_need& need) const;
  void deploy(http_request& request, command_header header, reply on_reply);
  void scale(http_request& request, const route_match& match,
             command_header header, reply on_reply);
  void put_artifact(http_request& request, std::string_view sha256,
                    reply on_reply);
  void history(std::string app, reply on_reply);
  void back_up(const http_request& request, reply on_reply);
  void find_artifact(std::string_view sha256, reply on_reply);
  void list_nodes(reply on_reply) const;
  void drain_node(std::string_view node, bool on, reply on_reply) const;
  void upgrade(const http_request& request, reply on_reply) const;
  http_response node() const;
  http_response readiness() const;
  void dispatch(http_request& request, const route_match& match,
                std::string who, reply on_reply);

  control_services services_;
  token_table_ptr tokens_; ///< Null if nobody needs one.
};

} // namespace serval
