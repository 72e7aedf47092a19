#include "store/mysql_store.hpp"

#include "store/mysql_pool.hpp"
#include "store/mysql_tables.hpp"
#include "store/record_chain.hpp"
#include "store/write_guard.hpp"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <optional>

namespace serval {

namespace {

std::uint64_t to_number(const std::string& field) {
  return std::stoull(field);
}

/// What the database says of one application, for the guard.
struct position {
  serval::epoch epoch;
  sequence last;

  write_guard guard(const std::string& app) const {
    write_guard out;
    out.restore_epoch(epoch);
    out.restore_journal(app, last);
    return out;
  }
};

/// SQL for the last sequence of an application; `name` is a literal.
std::string last_sequence_of(std::string_view name) {
  return fmt::format(
    "GREATEST("
    "COALESCE((SELECT MAX(sequence) FROM serval_entries WHERE app = {0}), 0), "
    "COALESCE((SELECT upto FROM serval_snapshots WHERE app = {0}), 0))",
    name);
}

/// All that is conditional is so within one statement: a client that stops or
/// vanishes halfway holds nothing that others wait for.
class mysql_store final : public store {
public:
  explicit mysql_store(const mysql_options& to)
    : database_(to, prepare_tables) {
    // nop
  }

  result<sequence> append(const append_request& request) override {
    if (auto fine = position{request.epoch, request.expected}
                      .guard(request.app)
                      .admit(request);
        !fine)
      return fine;
    auto chain = chain_at(request.app, request.expected);
    if (!chain)
      return chain.error();
    if (!*chain)
      return refuse(request);
    auto before = (*chain)->hash();
    auto records = add_to(**chain, request);
    bool lost = false;
    auto done = database_.run(insertion(request, before, records), lost);
    if (lost && is_there(request, records))
      done = mysql_answer{{}, records.size(), 0};
    if (!done && done.error().code != errc::conflict)
      return done.error();
    if (!done || done->found == 0)
      return refuse(request);
    auto last = (*chain)->last();
    remember(std::move(**chain));
    return last;
  }

  result<journal> read(std::string_view app) override {
    record_chain chain{std::string{app}};
    auto entries = follow(chain);
    if (!entries)
      return entries.error();
    return journal{chain.last(), std::move(*entries)};
  }

  result<void> snapshot(std::string_view app, serval::epoch epoch,
                        sequence upto,
                        std::vector<journal_entry> kept) override {
    std::string name{app};
    auto where = look(name);
    if (!where)
      return where.error();
    if (auto fine
        = where->guard(name).admit_snapshot(app, epoch, upto, kept);
        !fine)
      return fine;
    record_chain chain{name};
    if (auto entries = follow(chain, upto); !entries)
      return entries.error();
    auto literal = to_literal(app);
    auto taken = database_.run(fmt::format(
      "INSERT INTO serval_snapshots SELECT {}, {}, {} FROM serval_lease "
      "WHERE id = 1 AND epoch = {} LOCK IN SHARE MODE "
      "ON DUPLICATE KEY UPDATE "
      "record = IF(VALUES(upto) > upto, VALUES(record), record), "
      "upto = GREATEST(upto, VALUES(upto))",
      literal, upto.value, to_literal(chain.snapshot(kept)), epoch.value));
    if (!taken)
      return taken.error();
    if (taken->found == 0)
      return error{errc::stale_epoch,
                   "the snapshot of application \"" + name
                     + "\" is refused: another epoch leads by now"};
    // Entries that the snapshot covers are not read any more; if this fails,
    // the next snapshot takes them away.
    auto pruned = database_.run(fmt::format(
      "DELETE FROM serval_entries WHERE app = {} AND sequence <= {}", literal,
      upto.value));
    return pruned ? result<void>{} : result<void>{pruned.error()};
  }

  result<std::vector<std::string>> applications() override {
    auto answer = database_.run("SELECT app FROM serval_entries UNION SELECT "
                                "app FROM serval_snapshots ORDER BY app");
    if (!answer)
      return answer.error();
    std::vector<std::string> names;
    for (auto& row : answer->rows)
      names.push_back(std::move(row.at(0)));
    return names;
  }

  result<lease_grant> lease(std::string_view holder, duration valid_for,
                            serval::epoch held) override {
    auto expires = fmt::format(
      "UTC_TIMESTAMP(6) + INTERVAL {} MICROSECOND",
      std::chrono::duration_cast<std::chrono::microseconds>(valid_for).count());
    return held ? renew(holder, valid_for, held, expires)
                : grant(holder, valid_for, expires);
  }

  result<lease_record> last_lease() override {
    auto answer
      = database_.run("SELECT epoch, holder FROM serval_lease WHERE id = 1");
    if (!answer)
      return answer.error();
    if (answer->rows.empty())
      return lost_lease_row();
    auto& row = answer->rows.front();
    return lease_record{{to_number(row.at(0))}, std::move(row.at(1))};
  }

private:
  static error lost_lease_row() {
    return {errc::corrupt, "the database's table serval_lease has lost its "
                           "row; restore it from a backup"};
  }

  result<lease_grant> grant(std::string_view holder, duration valid_for,
                            const std::string& expires) {
    auto granted = database_.run(fmt::format(
      "UPDATE serval_lease SET epoch = LAST_INSERT_ID(epoch + 1), "
      "holder = {0}, expires = {1} WHERE id = 1 "
      "AND (holder = {0} OR expires <= UTC_TIMESTAMP(6))",
      to_literal(holder), expires));
    if (!granted)
      return granted.error();
    if (granted->found > 0)
      return lease_grant{{granted->inserted_id}, valid_for};
    auto record = last_lease();
    if (!record)
      return record.error();
    return error{errc::conflict, "the lease is held by \"" + record->holder
                                   + "\" and has not expired yet"};
  }

  result<lease_grant> renew(std::string_view holder, duration valid_for,
                            serval::epoch held, const std::string& expires) {
    auto renewed = database_.run(
      fmt::format("UPDATE serval_lease SET holder = {}, expires = {} "
                  "WHERE id = 1 AND epoch = {}",
                  to_literal(holder), expires, held.value));
    if (!renewed)
      return renewed.error();
    if (renewed->found > 0)
      return lease_grant{held, valid_for};
    auto where = look({});
    if (!where)
      return where.error();
    return where->guard({}).admit_lease(holder, valid_for, held, {});
  }

  // -- appends ----------------------------------------------------------------

  static std::vector<std::string> add_to(record_chain& chain,
                                         const append_request& request) {
    std::vector<std::string> records;
    auto number = request.expected;
    for (const auto& change : request.changes) {
      ++number.value;
      records.push_back(
        chain.append({number, request.epoch, request.at, change}));
    }
    return records;
  }

  /// The lease is locked until the statement is over, so that no entry of an
  /// epoch comes after the grant of the next. The primary key lets only one of
  /// two writers have a sequence. `before` is the hash of the entry before,
  /// which is another one if the database was restored meanwhile.
  static std::string insertion(const append_request& request,
                               const std::string& before,
                               const std::vector<std::string>& records) {
    auto name = to_literal(request.app);
    std::string rows;
    auto number = request.expected.value;
    for (const auto& record : records)
      rows += fmt::format("{} SELECT {} AS sequence, {} AS record",
                          rows.empty() ? "" : " UNION ALL", ++number,
                          to_literal(record));
    return fmt::format("INSERT INTO serval_entries "
                       "SELECT {}, added.sequence, added.record "
                       "FROM serval_lease JOIN ({}) AS added "
                       "WHERE serval_lease.id = 1 AND serval_lease.epoch = {} "
                       "AND {} = {} "
                       "AND COALESCE((SELECT LEFT(record, 64) FROM "
                       "serval_entries WHERE app = {} AND sequence = {}), {}) "
                       "= {} LOCK IN SHARE MODE",
                       name, rows, request.epoch.value, last_sequence_of(name),
                       request.expected.value, name, request.expected.value,
                       to_literal(before), to_literal(before));
  }

  /// Whether an append is in the database although its answer did not come.
  bool is_there(const append_request& request,
                const std::vector<std::string>& records) {
    auto first = request.expected.value + 1;
    auto answer = database_.run(fmt::format(
      "SELECT record FROM serval_entries WHERE app = {} AND sequence BETWEEN "
      "{} AND {} ORDER BY sequence",
      to_literal(request.app), first, first + records.size() - 1));
    if (!answer || answer->rows.size() != records.size())
      return false;
    for (std::size_t i = 0; i < records.size(); ++i)
      if (answer->rows[i].at(0) != records[i])
        return false;
    return true;
  }

  /// Why the database did not take an append.
  result<sequence> refuse(const append_request& request) {
    auto where = look(request.app);
    if (!where)
      return where.error();
    if (auto why = where->guard(request.app).admit(request); !why)
      return why;
    // The next attempt reads the journal anew.
    std::lock_guard held{mutex_};
    chains_.erase(request.app);
    return error{errc::conflict,
                 "the change of application \"" + request.app
                   + "\" is refused: the database's journal is not the one "
                     "that was read; was the database restored from a backup?"};
  }

  result<position> look(const std::string& app) {
    auto answer = database_.run(
      fmt::format("SELECT epoch, {} FROM serval_lease WHERE id = 1",
                  last_sequence_of(to_literal(app))));
    if (!answer)
      return answer.error();
    if (answer->rows.empty())
      return lost_lease_row();
    const auto& row = answer->rows.front();
    return position{{to_number(row.at(0))}, {to_number(row.at(1))}};
  }

  // -- chains -----------------------------------------------------------------

  /// The application's chain if its journal ends at `last`, else nothing.
  result<std::optional<record_chain>> chain_at(const std::string& app,
                                               sequence last) {
    {
      std::lock_guard held{mutex_};
      if (auto found = chains_.find(app);
          found != chains_.end() && found->second.last() == last)
        return std::optional{found->second};
    }
    record_chain chain{app};
    if (auto entries = follow(chain); !entries)
      return entries.error();
    return chain.last() == last ? std::optional{std::move(chain)}
                                : std::nullopt;
  }

  void remember(record_chain chain) {
    std::lock_guard held{mutex_};
    chains_.insert_or_assign(chain.app(), std::move(chain));
  }

  /// Reads the journal of a new chain, in one statement and so of one moment.
  result<std::vector<journal_entry>>
  follow(record_chain& chain, sequence upto = {~std::uint64_t{0}}) {
    auto name = to_literal(chain.app());
    auto answer = database_.run(fmt::format(
      "SELECT 0 AS kind, upto AS sequence, record FROM serval_snapshots "
      "WHERE app = {0} UNION ALL SELECT 1, sequence, record FROM "
      "serval_entries WHERE app = {0} ORDER BY kind, sequence",
      name));
    if (!answer)
      return answer.error();
    std::vector<journal_entry> entries;
    for (const auto& row : answer->rows) {
      if (row.at(0) == "0") {
        auto kept = chain.start_from(row.at(2));
        if (!kept)
          return kept.error();
        entries = std::move(*kept);
        continue;
      }
      sequence number{to_number(row.at(1))};
      if (number <= chain.last() || number > upto)
        continue;
      auto entry = chain.follow(row.at(2));
      if (!entry)
        return entry.error();
      entries.push_back(std::move(*entry));
    }
    return entries;
  }

  mysql_pool database_;
  /// Guards `chains_`.
  std::mutex mutex_;
  /// Where the journals that were written last end.
  std::map<std::string, record_chain> chains_;
};

} // namespace

result<std::unique_ptr<store>> open_mysql_store(const mysql_options& to) {
  auto there = make_mysql_store(to);
  if (auto record = there->last_lease(); !record)
    return record.error();
  return there;
}

std::unique_ptr<store> make_mysql_store(const mysql_options& to) {
  return std::make_unique<mysql_store>(to);
}

} // namespace serval
