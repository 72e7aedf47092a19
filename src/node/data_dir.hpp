#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <string>

namespace serval {

/// Where the listeners accept, as `host:port`.
struct endpoints {
  std::string http;
  std::string rpc;
  std::string admin;
  /// Where other nodes connect; empty alone.
  std::string peers = {};
};

/// The directory of everything that outlives the process, locked for this
/// daemon as long as the object lives.
class data_dir {
public:
  /// Creates the directory if need be, checks that it is writable, and locks
  /// it. Fails at once if another daemon has it.
  static result<data_dir> open(const std::string& path);

  /// Takes over the directory, and the descriptor that locks it, of another
  /// daemon. `conflict` if that is another directory's.
  static result<data_dir> take_over(const std::string& path, unique_fd lock);

  /// The descriptor that locks it.
  int lock() const noexcept {
    return lock_.get();
  }

  /// Where the store and the artifacts lie in a data directory.
  static std::string store_in(const std::string& path) {
    return path + "/store";
  }

  static std::string artifacts_in(const std::string& path) {
    return path + "/artifacts";
  }

  std::string store_path() const {
    return store_in(path_);
  }

  std::string artifacts_path() const {
    return artifacts_in(path_);
  }

  /// Where the orders of a cluster's leader are kept.
  std::string orders_path() const {
    return path_ + "/orders";
  }

  /// Where the orders are for the daemon that takes this one's place.
  std::string handover_path() const {
    return path_ + "/handover";
  }

  /// Removes what a daemon that is gone has left.
  void remove_endpoints() const;

  /// Writes `endpoints.json`, which appears whole or not at all.
  result<void> write_endpoints(const endpoints& where) const;

private:
  data_dir(std::string path, unique_fd lock)
    : path_(std::move(path)), lock_(std::move(lock)) {
    // nop
  }

  std::string endpoints_path() const {
    return path_ + "/endpoints.json";
  }

  std::string path_;
  unique_fd lock_;
};

} // namespace serval
