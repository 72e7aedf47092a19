#pragma once

#include "base/time.hpp"
#include "config/listen_address.hpp"
#include "tls/tls_files.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace serval {

/// A number of bytes, written like "16MiB".
struct byte_count {
  std::uint64_t value = 0;

  friend auto operator<=>(byte_count, byte_count) = default;
};

enum class log_level : std::uint8_t {
  debug,
  info,
  warning,
  error,
};

enum class log_format : std::uint8_t {
  text, ///< For people.
  json, ///< One object per line.
};

/// Who this node is and how it runs.
struct node_section {
  /// Names the node in logs and status; 1 to 64 letters, digits, "_", "-".
  std::string name = "node";
  /// Everything that outlives the process. One daemon per directory.
  std::string data_dir = "serval-data";
  /// I/O threads, 0 to 256; 0 means one per core.
  std::uint32_t loops = 0;
  /// Threads for blocking work such as the store, 1 to 64.
  std::uint32_t pool_threads = 4;
  /// Resident memory of the daemon, without worker processes, that it tries to
  /// stay below by shedding load; 64MiB to 1PiB. 0B means three quarters of the
  /// machine's.
  byte_count memory_max = {0};
  /// For plugins and the like; 0 is no limit.
  byte_count artifacts_max = {4ull << 30};
  /// How long requests may take to finish after SIGTERM, 0s to 1h.
  duration shutdown_grace = std::chrono::seconds{10};
};

/// The listener for applications' requests.
struct http_section {
  listen_address listen = {"127.0.0.1", 9480};
  /// Larger bodies get 413; 1KiB to 1GiB.
  byte_count body_max = {16 << 20};
  /// Request line and header fields together; 1KiB to 1MiB.
  byte_count head_max = {32 << 10};
  /// Open connections on all loops, 1 to 1000000; more are closed at once.
  std::uint32_t connections_max = 10'000;
  /// Open connections of one client address, an IPv6 address counting with all
  /// of its /64; 0 to 1000000. 0 means half of `connections_max`.
  std::uint32_t connections_per_address_max = 0;
  /// How long a request's head may take to arrive, 10ms to 10m.
  duration head_timeout = std::chrono::seconds{5};
  /// How long a client may send nothing of a body, 10ms to 1h.
  duration body_timeout = std::chrono::seconds{10};
  /// How long a connection may be silent between requests, 10ms to 1h.
  duration idle_timeout = std::chrono::minutes{1};
  /// How long a client may take nothing of its answer, 10ms to 1h.
  duration write_timeout = std::chrono::seconds{10};
  /// Whether each request leaves a line in the log.
  bool access_log = true;
  /// Whether answers name the worker that made them, in x-serval-worker.
  bool worker_header = false;
  /// Without a certificate the listener is not encrypted.
  tls_files tls;
};

/// The listener for requests over the framed binary protocol.
struct rpc_section {
  /// Loopback only, unless it is encrypted.
  listen_address listen = {"127.0.0.1", 9490};
  /// Larger bodies are refused; 1KiB to 1GiB.
  byte_count body_max = {64 << 20};
  /// Without a certificate the listener is not encrypted.
  tls_files tls;
};

/// The listener for the control API, health and metrics.
struct admin_section {
  /// Loopback only, unless it is encrypted and wants tokens.
  listen_address listen = {"127.0.0.1", 9470};
  /// Larger plugins and models are refused; 1MiB to 16GiB.
  byte_count artifact_max = {256 << 20};
  /// Without a certificate the listener is not encrypted.
  tls_files tls;
};

/// Who may do what.
struct auth_section {
  /// The tokens that are known, as `serval token make` writes them. Empty asks
  /// nobody for one.
  std::string tokens_file;
};

/// Worker processes.
struct worker_section {
  /// How long a worker may take to load its plugin, construct its backend and
  /// warm up; 10ms to 1h.
  duration start_timeout = std::chrono::seconds{30};
  /// Starts in progress at once, 2 to 1024. One application has no more than it
  /// leaves free for others.
  std::uint32_t starts_max = 16;
  /// Starts of workers that failed more than once in a row, 1 to 1000.
  std::uint32_t restarts_per_second_max = 20;
  /// How long past its deadline a call may run before its process is killed,
  /// 10ms to 1h.
  duration hang_kill = std::chrono::seconds{5};
};

/// The nodes that this one serves together with.
struct cluster_section {
  /// Nodes of one name are a cluster; empty serves alone, and the rest of this
  /// section is of no use then.
  std::string name;
  /// Where other nodes connect. Loopback only, unless it is encrypted.
  listen_address listen = {"127.0.0.1", 9460};
  /// Where other nodes are told to connect; empty means `listen`.
  std::string advertise;
  /// What fails together; nodes prefer workers of their own zone.
  std::string zone;
  /// Nodes that know the cluster, as they advertise themselves.
  std::vector<std::string> join;
  /// How long a node that cannot be reached is waited for before its workers
  /// start elsewhere, 1s to 1h.
  duration lost_after = std::chrono::seconds{3};
  /// What backends may ask for besides the below.
  std::vector<std::string> labels;
  /// Processors for workers, 0 to 65536; 0 means all of the machine's.
  std::uint32_t cpu = 0;
  /// Memory for workers, up to 1PiB; 0B means all of the machine's.
  byte_count memory = {0};
  /// This node's certificate and key, and the authority of the others', whose
  /// certificates must be for `node://CLUSTER/NODE`.
  std::string certificate_file;
  std::string key_file;
  std::string authority_file;

  bool alone() const noexcept {
    return name.empty();
  }

  bool encrypted() const noexcept {
    return !certificate_file.empty();
  }
};

enum class store_kind : std::uint8_t {
  rocksdb, ///< In the data directory; this node leads.
  mysql,   ///< In a MySQL or MariaDB database; one of its nodes leads.
  none,    ///< Elsewhere: this node never leads its cluster.
};

/// Where the control plane's state is.
struct store_section {
  store_kind kind = store_kind::rocksdb;
  /// Path of the database's Unix socket; or else `host` and `port` count.
  std::string socket;
  /// A name or an address.
  std::string host;
  /// 1 to 65535.
  std::uint32_t port = 3306;
  std::string user;
  /// A file that others cannot read; empty means that there is none.
  std::string password_file;
  /// Must exist; the tables are made in it.
  std::string database;
  /// Who signed the database's certificate; empty is not encrypted. Only with
  /// `host`.
  std::string authority_file;
  /// For how long a node may lead unless it renews that, which it does three
  /// times as often; 1s to 1h.
  duration lease = std::chrono::seconds{3};
  /// Kept on the disk of an embedded store for when others have filled it; 0 is
  /// nothing.
  byte_count reserve = {16 << 20};
};

struct log_section {
  /// What is written: this and everything graver.
  log_level level = log_level::info;
  log_format format = log_format::text;
  /// Where to; empty means standard error.
  std::string file;
  /// Names of header fields, query parameters and the like whose values are
  /// taken out of what is logged.
  std::vector<std::string> redact
    = {"authorization", "cookie", "x-api-key", "access_token", "password"};
};

/// The whole configuration of a node, as `configs/node.toml` shows it. Read
/// once; each part of the program is given the smallest section that suffices.
struct node_config {
  node_section node;
  http_section http;
  rpc_section rpc;
  admin_section admin;
  auth_section auth;
  worker_section worker;
  store_section store;
  cluster_section cluster;
  log_section log;
};

} // namespace serval
