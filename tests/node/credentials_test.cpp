#include "node/credentials.hpp"

#include "support/test_certificate.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace serval;

namespace fs = std::filesystem;

namespace {

wall_time now() {
  return std::chrono::system_clock::now();
}

/// A node whose HTTP listener has a certificate.
struct fixture {
  temporary_directory folder;
  test_certificate own{folder.path().string()};
  node_config config = [this] {
    node_config made;
    made.http.tls = own.files;
    return made;
  }();
};

} // namespace

TEST_CASE("without files there is nothing to read and nothing to watch") {
  credential_files uut{node_config{}};
  CHECK(uut.empty());
  CHECK(uut.load(now()).has_value());
  CHECK(uut.current().http == nullptr);
}

TEST_CASE("files that cannot be used are an error at the start") {
  fixture with;
  fs::remove(with.own.files.key);
  credential_files uut{with.config};
  auto loaded = uut.load(now());
  REQUIRE_FALSE(loaded.has_value());
  CHECK(loaded.error().message.find(with.own.files.key) != std::string::npos);
}

TEST_CASE("files that stay as they are are not read again") {
  fixture with;
  credential_files uut{with.config};
  REQUIRE(uut.load(now()).has_value());
  auto before = uut.current().http;
  REQUIRE(before != nullptr);
  CHECK(uut.refresh(now()).empty());
  CHECK(uut.current().http == before);
}

TEST_CASE("a certificate and key that come one after the other are replaced "
          "once, and told of") {
  fixture with;
  credential_files uut{with.config};
  REQUIRE(uut.load(now()).has_value());
  auto before = uut.current().http;
  test_certificate next{with.folder.path().string(), "next"};
  fs::rename(next.files.certificate, with.own.files.certificate);
  auto halfway = uut.refresh(now());
  REQUIRE(halfway.size() == 1);
  CHECK(halfway[0].failed);
  CHECK(halfway[0].text.find("does not belong") != std::string::npos);
  CHECK(uut.current().http == before);
  // The same problem is not told again.
  CHECK(uut.refresh(now()).empty());
  fs::rename(next.files.key, with.own.files.key);
  auto whole = uut.refresh(now());
  REQUIRE(whole.size() == 1);
  CHECK_FALSE(whole[0].failed);
  CHECK(uut.current().http != before);
  CHECK(uut.refresh(now()).empty());
}

TEST_CASE("files that are deleted, emptied or opened to all change nothing") {
  fixture with;
  credential_files uut{with.config};
  REQUIRE(uut.load(now()).has_value());
  auto before = uut.current().http;
  fs::permissions(with.own.files.key, fs::perms{0644});
  CHECK(uut.refresh(now()).size() == 1);
  fs::resize_file(with.own.files.key, 0);
  CHECK(uut.refresh(now()).size() <= 1);
  fs::remove(with.own.files.key);
  CHECK(uut.refresh(now()).size() == 1);
  CHECK(uut.current().http == before);
}
