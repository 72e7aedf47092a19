// Which files count, and when they are read again.

#include "metric_folder.hpp"

#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>

using bank_monitor::absence;
using bank_monitor::metric_folder;
using bank_monitor::reason;

namespace fs = std::filesystem;

namespace {

const std::string header = "TimeStamp,Value,Label\n";

/// A readable file of so many lines.
std::string lines(int count) {
  auto text = header;
  for (int i = 0; i < count; ++i)
    text += "2018-04-01 00:00:00," + std::to_string(i) + ",0\n";
  return text;
}

std::size_t count_of(metric_folder& folder, const std::string& name) {
  auto result = folder.read({"bank", name, {}});
  auto reply = std::get_if<bank_monitor::indicator_reply>(&result);
  return reply ? reply->report.count : 0;
}

/// "" if there is no absence.
std::string reason_of(metric_folder& folder, const std::string& bank,
                      const std::string& name) {
  auto result = folder.read({bank, name, {}});
  auto why = std::get_if<absence>(&result);
  if (!why)
    return "";
  return why->reason == reason::not_found ? "not_found" : "unreadable";
}

std::vector<std::string> names_of(const auto& tasks) {
  std::vector<std::string> names;
  for (const auto& [name, task] : tasks)
    names.push_back(name);
  return names;
}

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("banks are visible folders, indicators visible csv files") {
  temporary_folder root;
  root.write("b/one.csv", lines(1));
  root.write("b/two.csv", lines(1));
  root.write("b/.hidden.csv", lines(1));
  root.write("b/notes.txt", "");
  root.write("b/csv", "");
  root.write("b/\xff.csv", lines(1));
  fs::create_directories(root.path() / "b/folder.csv");
  root.write("a/one.csv", lines(1));
  root.write(".git/one.csv", lines(1));
  root.write("file", "");
  metric_folder folder{root.path()};
  CHECK(names_of(folder.split(bank_monitor::query{})) == strings{"a", "b"});
  auto tasks = folder.split(bank_monitor::bank_task{"b", {}, {}});
  REQUIRE(tasks.index() == 0);
  CHECK(names_of(std::get<0>(tasks)) == strings{"one", "two"});
}

TEST_CASE("what is named is asked for, once and with its window") {
  temporary_folder root;
  root.write("bank/one.csv", lines(1));
  metric_folder folder{root.path()};
  bank_monitor::query query;
  query.window.points = 5;
  query.banks = {{"bank", {"one", "gone", "one"}}, {"absent", {}}};
  auto banks = folder.split(query);
  CHECK(names_of(banks) == strings{"absent", "bank"});
  CHECK(banks["bank"].window.points == 5);
  auto tasks = folder.split(banks["bank"]);
  REQUIRE(tasks.index() == 0);
  CHECK(names_of(std::get<0>(tasks)) == strings{"gone", "one"});
  CHECK(std::get<0>(tasks)["one"].window.points == 5);
  auto none = folder.split(banks["absent"]);
  REQUIRE(none.index() == 1);
  CHECK(std::get<absence>(none).reason == reason::not_found);
}

TEST_CASE("a folder that is not there is an error, not an empty answer") {
  temporary_folder root;
  metric_folder folder{root.path() / "absent"};
  CHECK_THROWS_AS(folder.split(bank_monitor::query{}), std::runtime_error);
}

TEST_CASE("what cannot be read says why") {
  temporary_folder root;
  root.write("bank/good.csv", lines(1));
  root.write("bank/bad.csv", "no header\n");
  root.write("bank/.hidden.csv", lines(1));
  fs::create_directories(root.path() / "bank/folder.csv");
  REQUIRE(::mkfifo((root.path() / "bank/pipe.csv").c_str(), 0600) == 0);
  metric_folder folder{root.path()};
  CHECK(reason_of(folder, "bank", "good") == "");
  CHECK(reason_of(folder, "bank", "bad") == "unreadable");
  CHECK(reason_of(folder, "bank", "gone") == "not_found");
  CHECK(reason_of(folder, "gone", "good") == "not_found");
  CHECK(reason_of(folder, "bank", ".hidden") == "not_found");
  CHECK(reason_of(folder, "bank", "folder") == "not_found");
  CHECK(reason_of(folder, "bank", "pipe") == "not_found");
  CHECK(reason_of(folder, "..", "good") == "not_found");
  CHECK(reason_of(folder, "bank", std::string(300, 'x')) == "not_found");
}

TEST_CASE("a series stays parsed until its file's size, time or inode change") {
  temporary_folder root;
  auto path = root.path() / "bank/one.csv";
  auto set_time = [&](long ns) {
    timespec times[] = {{1000, ns}, {1000, ns}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  };
  root.write("bank/one.csv", lines(2));
  set_time(1);
  metric_folder folder{root.path()};
  CHECK(count_of(folder, "one") == 2);

  // The same size, time and inode: nobody can tell, so the old series stays.
  auto other = lines(2);
  other[header.size()] = 'x';
  root.write("bank/one.csv", other);
  set_time(1);
  CHECK(count_of(folder, "one") == 2);

  set_time(2);
  CHECK(count_of(folder, "one") == 1);

  root.write("bank/one.csv", lines(3));
  set_time(2);
  CHECK(count_of(folder, "one") == 3);

  auto same_size = lines(3);
  same_size[header.size()] = 'x';
  root.write("bank/new", same_size);
  fs::rename(root.path() / "bank/new", path);
  set_time(2);
  CHECK(count_of(folder, "one") == 2);

  fs::remove(path);
  CHECK(reason_of(folder, "bank", "one") == "not_found");
}
