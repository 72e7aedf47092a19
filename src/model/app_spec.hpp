#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace serval {

/// Where a worker's user code runs.
enum class isolation : std::uint8_t {
  process, ///< In a worker process, which user code may crash.
  in_line, ///< On the daemon's loops; for trusted, short, non-blocking code.
};

/// How much a worker process may do.
enum class sandbox : std::uint8_t {
  strict,
  none,
};

/// What becomes of an application's workers on a node that its leader cannot
/// reach. How soon is `cluster.lost_after`; as clocks and links are, none of
/// them is a promise that a worker runs only once.
enum class partition_policy : std::uint8_t {
  replace, ///< They serve on, and others start elsewhere.
  keep,    ///< They serve on, and nobody takes their place.
  stop,    ///< They stop by themselves, and others start elsewhere.
};

/// A value of a configuration key, as TOML knows it. Arrays and tables are
/// kept as JSON text.
struct json_text {
  std::string text;
  friend bool operator==(const json_text&, const json_text&) = default;
};
using setting
  = std::variant<std::string, std::int64_t, double, bool, json_text>;
using settings = std::map<std::string, setting>;

/// What the operator wants of one backend: `[backend.NAME]`.
struct backend_spec {
  std::string name;
  std::uint32_t workers = 1;
  /// Calls that one worker runs at once; a call suspended in a map does not
  /// count.
  std::uint32_t concurrency = 1;
  /// Calls that may wait per worker before more are refused.
  std::uint32_t queue = 1024;
  serval::isolation isolation = isolation::process;
  /// 0 lets Serval choose: one up to 64 processes, packed evenly above.
  std::uint32_t workers_per_process = 0;
  /// Whether a call may be made again elsewhere after it may have run.
  bool idempotent = false;
  /// Bytes of stack for each running call.
  std::uint32_t stack_bytes = 256 * 1024;
  /// Resident bytes beyond which a worker process is replaced; 0 is unlimited.
  std::uint64_t memory_bytes = 0;
  serval::sandbox sandbox = sandbox::strict;
  /// Paths that a strict sandbox lets the worker read; "${KEY}" stands for the
  /// path in the backend's configuration. See `readable_paths`.
  std::vector<std::string> read;
  /// From the order to start a worker until it is warm and healthy; zero means
  /// the node's setting.
  duration start_timeout{};
  /// After so many failed starts in a row a release is given up.
  std::uint32_t start_failures = 3;
  /// How long after a worker's health was told it is asked again; zero is
  /// never.
  duration health_period = std::chrono::seconds{10};
  /// How long that may take, calls apart.
  duration health_timeout = std::chrono::seconds{5};
  /// After so many failures in a row a worker is replaced.
  std::uint32_t health_failures = 3;
  /// Processors that a worker is taken to need when a node is chosen for it.
  double cpu = 0;
  /// What a node must have, such as "gpu".
  std::vector<std::string> labels;
  /// Workers on one node at most; 0 is unlimited.
  std::uint32_t max_per_node = 0;
  /// Wins over `app_spec::config` key by key.
  settings config;

  friend bool operator==(const backend_spec&, const backend_spec&) = default;
};

/// What the operator wants of one application: `app.toml`.
struct app_spec {
  std::string name;
  /// A path that begins with "/"; requests at or below it belong to the
  /// application. Defaults to "/" + name.
  std::string route;
  /// The backend that answers external requests.
  std::string entry;
  /// How long a request may take when its client does not say.
  duration deadline = std::chrono::seconds{10};
  /// Requests in progress before more are refused with 503.
  std::uint32_t max_requests = 1024;
  /// HTTP methods that are passed on; others get 405.
  std::vector<std::string> methods = {"POST"};
  partition_policy on_partition = partition_policy::replace;
  /// The plugin's path as the operator wrote it; only for messages.
  std::string plugin;
  /// What names the plugin for good: the lower-case hex SHA-256 of its bytes.
  std::string plugin_sha256;
  /// Given to every backend.
  settings config;
  /// In the order of their names.
  std::vector<backend_spec> backends;

  friend bool operator==(const app_spec&, const app_spec&) = default;
};

/// The settings that a worker of `backend` gets: the application's, overlaid by
/// the backend's own.
settings effective_config(const app_spec& app, const backend_spec& backend);

/// The `read` paths of a backend, with those of its configuration put in. An
/// entry "${KEY}" whose key is no string of it stays as it is.
std::vector<std::string> readable_paths(const app_spec& app,
                                        const backend_spec& backend);

/// The backend of that name, or null.
const backend_spec* find_backend(const app_spec& app, std::string_view name);

} // namespace serval
