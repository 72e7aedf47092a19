#pragma once

#include "cli/http_client.hpp"
#include "model/status.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// Where a node listens; `host:port` each.
struct node_endpoints {
  std::string http;
  std::string rpc;
};

/// Talks to a daemon's control API. Answers that are no success become errors
/// with the daemon's own words. Blocks.
class admin_client {
public:
  explicit admin_client(http_peer daemon);

  /// The address to use: what the user named, else $SERVAL_ADMIN, else the
  /// default.
  static std::string find_address(const std::string& named);

  /// One request; the answer's body.
  result<std::string> ask(const http_call& call) const;

  result<app_status> status(const std::string& app) const;
  result<node_endpoints> endpoints() const;

  /// Uploads a file's bytes, unless the daemon has them already.
  result<void> upload(const std::string& sha256, std::string_view bytes) const;

private:
  http_peer daemon_;
};

/// What an answer of 400 and above says, as an error. `address` is who said it.
error to_error(const http_answer& answer, const std::string& address);

/// Whether `name` can stand in a path; else what is wrong with it.
result<void> check_name(std::string_view name, std::string_view what);

/// Whether something new can be called so; else how names are made.
result<void> check_new_name(std::string_view name);

} // namespace serval
