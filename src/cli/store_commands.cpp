#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

#include "config/node_config_reader.hpp"
#include "node/data_dir.hpp"
#include "node/node_store.hpp"
#include "store/mysql_import.hpp"
#include "store/rocksdb_inspection.hpp"

#include <fmt/format.h>

namespace serval {

namespace {

result<store_section> read_target(const std::string& file) {
  auto config = read_node_config(file, {});
  if (!config)
    return config.error();
  if (config->store.kind != store_kind::mysql)
    return error{errc::bad_request,
                 file + " names no database to migrate to; its section "
                        "[store] needs kind = \"mysql\""};
  return config->store;
}

result<std::string> read_source(const std::string& file) {
  auto config = read_node_config(file, {});
  if (!config)
    return config.error();
  if (config->store.kind != store_kind::rocksdb)
    return error{errc::bad_request,
                 file + " names a database; only a store that lies in a data "
                        "directory can be migrated"};
  return data_dir::store_in(config->node.data_dir);
}

result<store_summary> migrate(const store_migrate_options& options) {
  auto from = read_source(options.from);
  if (!from)
    return from.error();
  auto target = read_target(options.to);
  if (!target)
    return target.error();
  auto to = mysql_options_of(*target);
  if (!to)
    return to.error();
  journal_map journals;
  auto summary = read_store(*from, {}, [&](const std::string& app,
                                           const journal& found) {
    journals[app] = found;
  });
  if (!summary)
    return summary;
  auto done = import_into_mysql(*to, journals, summary->epoch);
  return done ? summary : result<store_summary>{done.error()};
}

} // namespace

int store_migrate_command(const store_migrate_options& options, bool json) {
  auto done = migrate(options);
  if (!done)
    return fail(done.error());
  if (json)
    return finish(fmt::format("{{\"applications\":{},\"entries\":{},"
                              "\"epoch\":{}}}\n",
                              done->applications, done->entries,
                              done->epoch.value));
  return finish(fmt::format(
    "{} applications with {} entries are in the database; start the nodes with "
    "{} from now on\n",
    done->applications, done->entries, options.to));
}

} // namespace serval
