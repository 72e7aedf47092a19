#pragma once

#include "auth/token_table.hpp"
#include "config/node_config.hpp"
#include "peer/peer_hub.hpp"
#include "tls/tls_context.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// What the listeners know from files of their own. Null where the
/// configuration names none.
struct credentials {
  tls_context_ptr http;
  tls_context_ptr rpc;
  tls_context_ptr admin;
  peer_tls peers;
  token_table_ptr tokens;
};

/// Reads the files of the credentials, and again when they change. While
/// files do not fit together, such as a certificate that came before its key,
/// the last good ones stay in use. One thread at a time.
class credential_files {
public:
  /// How often to `refresh`.
  static constexpr duration period = std::chrono::seconds{2};

  /// What `refresh` found, for the log.
  struct event {
    bool failed = false;
    std::string text;
  };

  explicit credential_files(const node_config& config);

  credential_files(const credential_files&) = delete;
  credential_files& operator=(const credential_files&) = delete;

  /// Reads all files. The error tells of the first that cannot be used.
  result<void> load(wall_time now);

  /// Reads the files that have changed since they were last read with success.
  /// Tells of each that has been replaced, and of each problem once.
  std::vector<event> refresh(wall_time now);

  const credentials& current() const noexcept {
    return current_;
  }

  /// Whether there is anything that could change.
  bool empty() const noexcept {
    return sources_.empty();
  }

private:
  /// Files that make sense only together.
  struct source {
    std::string what;
    std::vector<std::string> files;
    std::function<result<void>(wall_time)> read;
    /// How the files looked when they were read.
    std::string look;
    std::string told_problem;
  };

  void add_tls(std::string what, const tls_files& files, tls_use use,
               tls_context_ptr& target);
  void add_peers(const node_config& config);
  void add_tokens(const std::string& file);

  credentials current_;
  std::vector<source> sources_;
};

/// `host:port`, with a scheme where a client has to know that it is encrypted.
std::string endpoint_of(listen_address address, std::uint16_t port,
                        const tls_files& tls, std::string_view scheme);

} // namespace serval
