// Goal: the store in a database keeps its promises also while the database is
// down, frozen or read-only, and between several nodes. Method: a real MariaDB,
// killed, stopped and set so.
#include "store/mysql_store.hpp"

#include "store/mysql_tables.hpp"

#include "maria_server.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace serval;
using namespace std::chrono_literals;

namespace {

app_change scaled(std::uint32_t workers) {
  return {{"op", "maria", "test"}, workers_scaled{{1}, "bank", workers}};
}

std::unique_ptr<store> open(const mysql_options& to) {
  auto opened = open_mysql_store(to);
  REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().message));
  return std::move(*opened);
}

errc code_of(const auto& outcome) {
  REQUIRE_FALSE(outcome);
  return outcome.error().code;
}

} // namespace

TEST_CASE("nodes that share a database see one journal, and one leads") {
  auto database = maria_server::shared().make_database();
  auto first = open(database);
  auto second = open(database);
  auto old_epoch = first->lease("n1", 1h)->epoch;
  REQUIRE(first->append({"a", old_epoch, {0}, {}, {scaled(1)}}));
  CHECK(second->read("a")->last.value == 1);
  CHECK(code_of(second->lease("n2", 1h)) == errc::conflict);

  REQUIRE(first->lease("n1", 0s, old_epoch));
  auto new_epoch = second->lease("n2", 1h)->epoch;
  CHECK(new_epoch > old_epoch);
  CHECK(code_of(first->append({"a", old_epoch, {1}, {}, {scaled(2)}}))
        == errc::stale_epoch);
  CHECK(code_of(first->snapshot("a", old_epoch, {1}, {}))
        == errc::stale_epoch);
  REQUIRE(second->append({"a", new_epoch, {1}, {}, {scaled(3)}}));
  CHECK(first->read("a")->last.value == 2);
}

TEST_CASE("a lease expires by the database's clock") {
  auto database = maria_server::shared().make_database();
  auto first = open(database);
  auto second = open(database);
  REQUIRE(first->lease("n1", 200ms));
  CHECK(code_of(second->lease("n2", 1h)) == errc::conflict);
  auto patience = std::chrono::steady_clock::now() + 30s;
  auto taken = second->lease("n2", 1h);
  while (!taken && std::chrono::steady_clock::now() < patience)
    taken = second->lease("n2", 1h);
  CHECK(taken);
}

TEST_CASE("a database that was killed has kept what it acknowledged") {
  auto& server = maria_server::shared();
  auto store = open(server.make_database());
  auto epoch = store->lease("n1", 1h)->epoch;
  REQUIRE(store->append({"a", epoch, {0}, {}, {scaled(1)}}));
  server.stop(SIGKILL);
  CHECK(code_of(store->append({"a", epoch, {1}, {}, {scaled(2)}}))
        == errc::unavailable);
  CHECK(code_of(store->read("a")) == errc::unavailable);
  CHECK(code_of(store->lease("n1", 1h, epoch)) == errc::unavailable);
  server.start();
  REQUIRE(store->lease("n1", 1h, epoch));
  CHECK(store->append({"a", epoch, {1}, {}, {scaled(2)}})->value == 2);
  CHECK(store->read("a")->entries.size() == 2);
}

TEST_CASE("a frozen database ends every call with an error, and thaws") {
  auto& server = maria_server::shared();
  auto store = open(server.make_database());
  auto epoch = store->lease("n1", 1h)->epoch;
  REQUIRE(store->append({"a", epoch, {0}, {}, {scaled(1)}}));
  server.send(SIGSTOP);
  CHECK(code_of(store->append({"a", epoch, {1}, {}, {scaled(2)}}))
        == errc::unavailable);
  CHECK(code_of(store->read("a")) == errc::unavailable);
  server.send(SIGCONT);
  auto now = store->read("a");
  REQUIRE(now);
  REQUIRE(store->append({"a", epoch, now->last, {}, {scaled(3)}}));
  CHECK(store->read("a")->entries.back().change == scaled(3));
}

TEST_CASE("a database whose tables were taken away is a new one") {
  auto& server = maria_server::shared();
  auto database = server.make_database();
  auto store = open(database);
  auto epoch = store->lease("n1", 1h)->epoch;
  REQUIRE(store->append({"a", epoch, {0}, {}, {scaled(1)}}));
  server.run("DROP DATABASE " + database.database);
  server.run("CREATE DATABASE " + database.database);
  CHECK_FALSE(store->lease("n1", 1h, epoch));
  CHECK(code_of(store->append({"a", epoch, {1}, {}, {scaled(2)}}))
        == errc::stale_epoch);
  CHECK(store->lease("n1", 1h));
  CHECK(store->read("a")->entries.empty());
}

TEST_CASE("a read-only database is read, and says why it takes no change") {
  auto& server = maria_server::shared();
  auto store = open(server.make_database());
  auto epoch = store->lease("n1", 1h)->epoch;
  REQUIRE(store->append({"a", epoch, {0}, {}, {scaled(1)}}));
  server.set("read_only = 1");
  auto refused = store->append({"a", epoch, {1}, {}, {scaled(2)}});
  CHECK(code_of(refused) == errc::unavailable);
  CHECK(refused.error().message.find("read-only") != std::string::npos);
  CHECK(code_of(store->lease("n1", 1h, epoch)) == errc::unavailable);
  CHECK(store->read("a")->last.value == 1);
  server.set("read_only = 0");
  CHECK(store->append({"a", epoch, {1}, {}, {scaled(2)}}));
}

TEST_CASE("a record that was changed in the database is found") {
  auto database = maria_server::shared().make_database();
  auto store = open(database);
  auto epoch = store->lease("n1", 1h)->epoch;
  REQUIRE(store->append({"a", epoch, {0}, {}, {scaled(1), scaled(2)}}));
  auto session = mysql_session::open(database);
  REQUIRE(session->run("UPDATE serval_entries SET record = "
                       "CONCAT(LEFT(record, 70), 'x', SUBSTR(record, 72)) "
                       "WHERE sequence = 1"));
  CHECK(code_of(store->read("a")) == errc::corrupt);
}

TEST_CASE("a database restored behind a writer's back takes nothing from it") {
  auto database = maria_server::shared().make_database();
  auto mine = open(database);
  auto epoch = mine->lease("n1", 1h)->epoch;
  REQUIRE(mine->append({"a", epoch, {0}, {}, {scaled(1)}}));
  auto session = mysql_session::open(database);
  REQUIRE(session->run("DELETE FROM serval_entries"));
  auto other = open(database);
  REQUIRE(other->append({"a", epoch, {0}, {}, {scaled(9)}}));
  CHECK(code_of(mine->append({"a", epoch, {1}, {}, {scaled(2)}}))
        == errc::conflict);
  CHECK(mine->read("a")->entries.size() == 1);
  CHECK(mine->append({"a", epoch, {1}, {}, {scaled(2)}}));
}

TEST_CASE("tables of a newer layout are refused") {
  auto database = maria_server::shared().make_database();
  open(database);
  auto session = mysql_session::open(database);
  REQUIRE(session->run("UPDATE serval_layout SET version = 99"));
  auto refused = open_mysql_store(database);
  CHECK(code_of(refused) == errc::unavailable);
  CHECK(refused.error().message.find("layout 99") != std::string::npos);
}

TEST_CASE("programs that start at the same time make the tables together") {
  auto database = maria_server::shared().make_database();
  std::vector<std::thread> threads;
  std::atomic<int> opened{0};
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] { opened += open_mysql_store(database) ? 1 : 0; });
  for (auto& thread : threads)
    thread.join();
  CHECK(opened == 4);
}

TEST_CASE("an error names the server, and no password") {
  auto database = maria_server::shared().make_database();
  database.password = "wrong-canary";
  auto refused = open_mysql_store(database);
  CHECK(code_of(refused) == errc::store_failed);
  CHECK(refused.error().message.find(database.socket) != std::string::npos);
  CHECK(refused.error().message.find("canary") == std::string::npos);
}
