#pragma once

#include "config/node_config.hpp"

#include <cstdint>

namespace serval {

/// The bounds of a field, in the field's own unit.
template <class T>
struct bounds {
  T min;
  T max;
};

/// Calls `f(section, key, field)` or `f(section, key, field, bounds)` for every
/// field of a configuration: the one list of what can be configured. `Config`
/// is `node_config`, const or not.
template <class Config, class F>
void for_each_field(Config& c, F f) {
  using namespace std::chrono_literals;
  constexpr std::uint64_t kib = 1 << 10;
  constexpr std::uint64_t mib = 1 << 20;
  constexpr std::uint64_t gib = 1 << 30;
  using count = bounds<std::uint32_t>;
  using span = bounds<duration>;
  using size = bounds<byte_count>;
  f("node", "name", c.node.name);
  f("node", "data_dir", c.node.data_dir);
  f("node", "loops", c.node.loops, count{0, 256});
  f("node", "pool_threads", c.node.pool_threads, count{1, 64});
  f("node", "memory_max", c.node.memory_max, size{{0}, {mib << 30}});
  f("node", "artifacts_max", c.node.artifacts_max, size{{0}, {mib << 30}});
  f("node", "shutdown_grace", c.node.shutdown_grace, span{0s, 1h});
  f("http", "listen", c.http.listen);
  f("http", "body_max", c.http.body_max, size{{kib}, {gib}});
  f("http", "head_max", c.http.head_max, size{{kib}, {mib}});
  f("http", "connections_max", c.http.connections_max, count{1, 1'000'000});
  f("http", "connections_per_address_max", c.http.connections_per_address_max,
    count{0, 1'000'000});
  f("http", "head_timeout", c.http.head_timeout, span{10ms, 10min});
  f("http", "body_timeout", c.http.body_timeout, span{10ms, 1h});
  f("http", "idle_timeout", c.http.idle_timeout, span{10ms, 1h});
  f("http", "write_timeout", c.http.write_timeout, span{10ms, 1h});
  f("http", "access_log", c.http.access_log);
  f("http", "worker_header", c.http.worker_header);
  f("http", "tls_certificate_file", c.http.tls.certificate);
  f("http", "tls_key_file", c.http.tls.key);
  f("http", "tls_client_ca_file", c.http.tls.client_ca);
  f("rpc", "listen", c.rpc.listen);
  f("rpc", "body_max", c.rpc.body_max, size{{kib}, {gib}});
  f("rpc", "tls_certificate_file", c.rpc.tls.certificate);
  f("rpc", "tls_key_file", c.rpc.tls.key);
  f("rpc", "tls_client_ca_file", c.rpc.tls.client_ca);
  f("admin", "listen", c.admin.listen);
  f("admin", "artifact_max", c.admin.artifact_max, size{{mib}, {16 * gib}});
  f("admin", "tls_certificate_file", c.admin.tls.certificate);
  f("admin", "tls_key_file", c.admin.tls.key);
  f("admin", "tls_client_ca_file", c.admin.tls.client_ca);
  f("auth", "tokens_file", c.auth.tokens_file);
  f("worker", "start_timeout", c.worker.start_timeout, span{10ms, 1h});
  f("worker", "starts_max", c.worker.starts_max, count{2, 1024});
  f("worker", "restarts_per_second_max", c.worker.restarts_per_second_max,
    count{1, 1000});
  f("worker", "hang_kill", c.worker.hang_kill, span{10ms, 1h});
  f("store", "kind", c.store.kind);
  f("store", "socket", c.store.socket);
  f("store", "host", c.store.host);
  f("store", "port", c.store.port, count{1, 65535});
  f("store", "user", c.store.user);
  f("store", "password_file", c.store.password_file);
  f("store", "database", c.store.database);
  f("store", "authority_file", c.store.authority_file);
  f("store", "lease", c.store.lease, span{1s, 1h});
  f("store", "reserve", c.store.reserve, size{{0}, {gib}});
  f("cluster", "name", c.cluster.name);
  f("cluster", "listen", c.cluster.listen);
  f("cluster", "advertise", c.cluster.advertise);
  f("cluster", "zone", c.cluster.zone);
  f("cluster", "join", c.cluster.join);
  f("cluster", "lost_after", c.cluster.lost_after, span{1s, 1h});
  f("cluster", "labels", c.cluster.labels);
  f("cluster", "cpu", c.cluster.cpu, count{0, 65536});
  f("cluster", "memory", c.cluster.memory, size{{0}, {mib << 30}});
  f("cluster", "certificate_file", c.cluster.certificate_file);
  f("cluster", "key_file", c.cluster.key_file);
  f("cluster", "authority_file", c.cluster.authority_file);
  f("log", "level", c.log.level);
  f("log", "format", c.log.format);
  f("log", "file", c.log.file);
  f("log", "redact", c.log.redact);
}

} // namespace serval
