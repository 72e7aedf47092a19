#pragma once

#include "base/result.hpp"
#include "model/app_inventory.hpp"
#include "model/node_facts.hpp"
#include "model/node_report.hpp"
#include "wire/bytes.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace serval {

// What a node and its leader say to each other; `schemas/cluster.fbs` tells
// what each message means. Specs travel as text, once for each link: pointers
// to specs are null in messages, and who takes them knows the releases.

struct release_text {
  release_number number;
  std::string spec; ///< Canonical JSON.
};

/// What the node has of one application.
struct inventory_message {
  std::string app;
  std::vector<release_text> releases;
  app_inventory has;
  /// Specs, as canonical JSON, of workers whose release's number names another
  /// one by now.
  std::map<worker_id, std::string> other_specs = {};
};

struct join_message {
  node_facts facts;
  std::vector<inventory_message> has;
};

struct report_message {
  std::string app;
  node_report report;
};

struct artifact_request_message {
  std::string sha256;
  std::uint64_t offset = 0;
};

struct welcome_message {
  std::string leader;
  std::string admin; ///< Its control API.
};

struct turn_away_message {
  std::string reason;
  std::string address; ///< The leader's; empty if unknown.
};

struct use_release_message {
  std::string app;
  release_text release;
};

struct start_order_message {
  worker_order order;
};

struct stop_order_message {
  std::string app;
  worker_key key;
  bool drain = false;
};

struct publish_message {
  app_table table;
  std::vector<release_hosts> hosts;
};

struct members_message {
  std::vector<host_node> nodes;
  std::vector<std::string> drained;
  /// What the leader writes at most, as all of its nodes read that.
  std::uint16_t journal_format = 1;
};

struct artifact_part_message {
  std::string sha256;
  std::uint64_t offset = 0;
  std::uint64_t total = 0; ///< Bytes of the whole artifact.
  std::string bytes;
  std::string problem; ///< Why there is none; empty if there is.
};

using cluster_body
  = std::variant<join_message, report_message, artifact_request_message,
                 welcome_message, turn_away_message, use_release_message,
                 start_order_message, stop_order_message, publish_message,
                 artifact_part_message, members_message>;

struct cluster_message {
  /// Under which the leader orders; of a node, the highest that it obeyed.
  serval::epoch epoch;
  cluster_body body;
};

std::string encode_cluster_message(const cluster_message& message);

/// Reads a message after verifying it. Error: `bad_request`.
result<cluster_message> decode_cluster_message(bytes_view bytes);

} // namespace serval
