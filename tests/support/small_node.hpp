#pragma once

#include "model/app_spec.hpp"
#include "model/outcome.hpp"
#include "peer/peer_node.hpp"
#include "trigger/request_entry.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace serval {

/// What a small node runs.
struct small_node_setup {
  /// The path of the plugin; a plugin that cannot be used ends the program.
  std::string plugin;
  /// The first is the entry.
  std::vector<backend_spec> backends;
  settings config = {};
  std::size_t loops = 2;
  std::uint32_t max_requests = 100;
  /// Its name among the small nodes of a cluster; empty serves alone.
  std::string name = {};
  std::string zone = {};
};

/// One release with inline workers on real loops and no network before it: the
/// real actors from the trigger on. For tests of the data plane, and for
/// measuring it. Requests come from outside of the loops. Small nodes with
/// names reach each other over loopback.
class small_node {
public:
  /// Returns once every worker is ready.
  explicit small_node(small_node_setup setup);

  ~small_node();

  /// Sends a request to the trigger of one loop and waits for its outcome.
  outcome ask(std::string body, std::size_t loop = 0,
              duration deadline = std::chrono::seconds{10});

  /// The same without waiting. `answer` must live until it is set, or until
  /// the request was cancelled.
  void post_request(std::string body, std::size_t loop, duration deadline,
                    std::promise<outcome>& answer);

  void cancel(request_entry::ticket ticket, std::size_t loop);

  std::uint32_t in_progress() const;

  /// Runs `what` on that loop, later, with the trigger's door there.
  void on_loop(std::size_t loop, std::function<void(request_entry&)> what);

  // -- in a cluster -----------------------------------------------------------

  /// As others know the node.
  peer_node as_peer() const;

  /// From now on workers of those nodes are called, too.
  void use_peers(const std::vector<peer_node>& peers);

  /// Lets the worker that was started as that one drain and end. Waits for it.
  void end_worker_at(std::size_t place);

  /// Ends all links with other nodes, for good.
  void cut_off();

  /// Of the last request that was posted and has begun; 0 before the first.
  std::atomic<request_entry::ticket> last_ticket = 0;

private:
  struct state;

  std::unique_ptr<state> state_;
};

/// A backend of inline workers.
backend_spec make_backend(std::string name, std::uint32_t workers,
                          std::uint32_t concurrency = 1,
                          std::uint32_t queue = backend_spec{}.queue);

} // namespace serval
