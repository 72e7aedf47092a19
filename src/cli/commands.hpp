#pragma once

#include "base/time.hpp"
#include "cli/http_client.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace serval {

/// What every command that talks to a daemon takes.
struct client_options {
  http_peer admin; ///< The control API.
  bool json = false; ///< JSON on standard output instead of text.
};

struct deploy_options {
  std::string spec_path;
  std::vector<std::string> overrides;
  bool wait = true;
  duration timeout{};
  std::string reason;
};

struct call_options {
  std::string app;
  std::string data; ///< The body, or "@FILE", or "-" for standard input.
  std::string method;
  bool rpc = false;
  std::optional<duration> timeout; ///< Absent: the application's deadline.
};

struct scale_options {
  std::string app;
  std::vector<std::string> targets; ///< "backend=workers" each.
  std::string reason;
};

struct why_options {
  std::string app;
  std::uint32_t last = 20; ///< So many decisions.
};

struct delete_options {
  std::string app;
  std::string reason;
};

/// Of `adopt` and `discard`.
struct orphan_options {
  std::string app;
  std::string reason;
};

struct restart_options {
  std::string app;
  std::string reason;
};

struct run_options {
  std::string spec_path;
  std::string data;
  std::vector<std::string> overrides;
  std::optional<duration> timeout;
};

struct node_options {
  std::string config_path;
  std::string drained; ///< The node to be drained, or not any more.
  std::vector<std::string> overrides;
  std::string new_binary;       ///< For an upgrade; empty: the daemon's own.
  std::string upgrade_timeout;  ///< As typed.
};

struct token_make_options {
  std::string name;
  std::vector<std::string> scopes;
  std::vector<std::string> applications; ///< Empty: all.
  std::string file;
};

struct cert_options {
  std::string name; ///< Of the cluster or the node.
  std::vector<std::string> hosts;
  std::string folder = ".";
  std::uint32_t days = 0; ///< 0: as usual.
};

struct journal_options {
  std::string data_dir; ///< A node's, or a backup.
  std::string app;      ///< Empty: all.
};

struct backup_options {
  std::string directory;
  std::string data_dir; ///< Of a node that does not run; empty: ask the daemon.
};

struct restore_options {
  std::string backup;
  std::string data_dir;
};

struct store_migrate_options {
  std::string from; ///< Configurations of a node.
  std::string to;
};

struct bench_options;

struct bench_compare_options {
  std::string a; ///< Files that `serval bench --json` wrote.
  std::string b;
};

// Each command does what its name says, blocks until that is done, and returns
// the exit code.

int deploy_command(const client_options&, const deploy_options&);
int status_command(const client_options&, const std::string& app);
int why_command(const client_options&, const why_options&);
int call_command(const client_options&, const call_options&);
int scale_command(const client_options&, const scale_options&);
int delete_command(const client_options&, const delete_options&);
int adopt_command(const client_options&, const orphan_options&);
int discard_command(const client_options&, const orphan_options&);
int restart_app_master_command(const client_options&, const restart_options&);
int node_command(const node_options&);
int nodes_command(const client_options&);
int drain_command(const client_options&, const std::string& node, bool on);
int run_command(const run_options&);
int bench_command(const client_options&, const bench_options&);
int bench_compare_command(const bench_compare_options&, bool json);
int history_command(const client_options&, const std::string& app);
int journal_dump_command(const journal_options&, bool json);
int journal_verify_command(const journal_options&, bool json);
int upgrade_command(const client_options&, const node_options&);
int backup_command(const client_options&, const backup_options&);
int restore_command(const restore_options&, bool json);
int store_migrate_command(const store_migrate_options&, bool json);
int token_make_command(const token_make_options&, bool json);
int cert_authority_command(const cert_options&, bool json);
int cert_node_command(const cert_options&, bool json);
int config_check_command(const node_options&, bool json);
int version_command(bool json);

} // namespace serval
