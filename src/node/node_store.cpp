#include "node/node_store.hpp"

#include "base/private_file.hpp"
#include "store/mysql_store.hpp"

#include <chrono>

namespace serval {

namespace {

using namespace std::chrono_literals;

/// Nobody else can ask for the lease of an embedded store.
constexpr lease_options embedded_lease{24h, 8h};

result<node_store> open_embedded(const store_section& config,
                                 const data_dir& directory) {
  store_edges edges;
  edges.reserve_bytes = config.reserve.value;
  auto opened
    = reopenable_store::open([path = directory.store_path(), edges] {
        return open_rocksdb_store(path, edges);
      });
  if (!opened)
    return opened.error();
  node_store out;
  out.embedded = opened->get();
  out.opened = std::move(*opened);
  out.lease = embedded_lease;
  return out;
}

result<node_store> open_database(const store_section& config) {
  auto to = mysql_options_of(config);
  if (!to)
    return to.error();
  node_store out;
  out.lease.valid_for = config.lease;
  out.lease.renew_every = config.lease / 3;
  auto opened = open_mysql_store(*to);
  if (!opened && opened.error().code != errc::unavailable)
    return opened.error();
  if (!opened)
    out.unreachable = opened.error().message;
  out.opened = opened ? std::move(*opened) : make_mysql_store(*to);
  return out;
}

node_store open_none() {
  node_store out;
  auto absent = std::make_unique<absent_store>();
  out.absent = absent.get();
  out.opened = std::move(absent);
  return out;
}

} // namespace

result<node_store> open_node_store(const store_section& config,
                                   const data_dir& directory) {
  switch (config.kind) {
    case store_kind::mysql:
      return open_database(config);
    case store_kind::none:
      return open_none();
    case store_kind::rocksdb:
      break;
  }
  return open_embedded(config, directory);
}

result<mysql_options> mysql_options_of(const store_section& config) {
  mysql_options to;
  to.socket = config.socket;
  to.host = config.host;
  to.port = static_cast<std::uint16_t>(config.port);
  to.user = config.user;
  to.database = config.database;
  to.authority_file = config.authority_file;
  // The library would not say which file it does not find.
  if (!to.authority_file.empty())
    if (auto there = read_private_file(to.authority_file, private_to::none,
                                       "the authority of the database");
        !there)
      return there.error();
  if (config.password_file.empty())
    return to;
  auto text = read_private_file(config.password_file, private_to::group,
                                "the password of the database");
  if (!text)
    return text.error();
  to.password = text->substr(0, text->find_last_not_of("\r\n") + 1);
  return to;
}

} // namespace serval
