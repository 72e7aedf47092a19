#include "tls/tls_context.hpp"

#include "support/test_certificate.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace serval;

namespace {

wall_time now() {
  return std::chrono::system_clock::now();
}

void write_file(const std::string& path, std::string_view text) {
  std::ofstream{path, std::ios::trunc} << text;
}

std::string problem_of(const tls_files& files) {
  auto context = tls_context::for_server(files, tls_use::http, now());
  REQUIRE_FALSE(context.has_value());
  return context.error().message;
}

void check_contains(const std::string& text, std::string_view part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
}

} // namespace

TEST_CASE("a certificate and its key make a context, for clients and links") {
  temporary_directory folder;
  test_certificate own{folder.path().string()};
  for (auto use : {tls_use::http, tls_use::link}) {
    CHECK(tls_context::for_server(own.files, use, now()).has_value());
    CHECK(tls_context::for_client(own.files.certificate, use).has_value());
  }
  auto files = own.files;
  files.client_ca = own.files.certificate;
  CHECK(tls_context::for_server(files, tls_use::http, now()).has_value());
}

TEST_CASE("a key that others can read is refused, with the command to run") {
  temporary_directory folder;
  test_certificate own{folder.path().string()};
  ::chmod(own.files.key.c_str(), 0644);
  check_contains(problem_of(own.files), "chmod 640 " + own.files.key);
  ::chmod(own.files.key.c_str(), 0640);
  CHECK(tls_context::for_server(own.files, tls_use::http, now()).has_value());
}

TEST_CASE("a key of another certificate is refused") {
  temporary_directory folder;
  test_certificate own{folder.path().string(), "a"};
  test_certificate other{folder.path().string(), "b"};
  auto files = own.files;
  files.key = other.files.key;
  check_contains(problem_of(files), "does not belong to the certificate "
                                      + own.files.certificate);
}

TEST_CASE("certificates of yesterday and of tomorrow are refused") {
  using namespace std::chrono_literals;
  temporary_directory folder;
  test_certificate old{folder.path().string(), "old", {.valid_to = -60s}};
  check_contains(problem_of(old.files), "it expired on ");
  test_certificate early{folder.path().string(), "early", {.valid_from = 600s}};
  check_contains(problem_of(early.files), "it is not valid yet");
}

TEST_CASE("an encrypted key is refused rather than waited for") {
  temporary_directory folder;
  test_certificate own{
    folder.path().string(), "a", {.passphrase = "open sesame"}};
  check_contains(problem_of(own.files), "it is encrypted");
}

TEST_CASE("what is no certificate, no key or no file is named") {
  temporary_directory folder;
  test_certificate own{folder.path().string()};
  auto here = folder.path().string();
  for (auto part : {&tls_files::certificate, &tls_files::key,
                    &tls_files::client_ca}) {
    auto files = own.files;
    files.*part = here + "/absent";
    check_contains(problem_of(files), files.*part + ": No such file");
    files.*part = here;
    check_contains(problem_of(files), "no regular file");
    files.*part = here + "/text";
    write_file(files.*part, "nothing of the kind");
    ::chmod((files.*part).c_str(), 0600);
    check_contains(problem_of(files), files.*part);
    write_file(files.*part, "");
    check_contains(problem_of(files), files.*part);
  }
}

TEST_CASE("a certificate that is cut off in its chain is refused") {
  temporary_directory folder;
  test_certificate own{folder.path().string(), "a"};
  test_certificate next{folder.path().string(), "b"};
  std::ifstream file{next.files.certificate};
  std::string second{std::istreambuf_iterator<char>{file}, {}};
  std::ofstream{own.files.certificate, std::ios::app} << second;
  CHECK(tls_context::for_server(own.files, tls_use::http, now()).has_value());
  std::ofstream{own.files.certificate, std::ios::app}
    << second.substr(0, second.size() / 2);
  check_contains(problem_of(own.files), own.files.certificate);
}

TEST_CASE("a client shows a certificate only with its key, and a valid one") {
  temporary_directory folder;
  test_certificate own{folder.path().string()};
  auto make = [&](tls_files shown) {
    return tls_context::for_client(own.files.certificate, tls_use::http, shown,
                                   now());
  };
  CHECK(make(own.files));
  CHECK_FALSE(make({own.files.certificate, "", ""}));
  CHECK_FALSE(make({"", own.files.key, ""}));
  ::chmod(own.files.key.c_str(), 0644);
  CHECK_FALSE(make(own.files));
}
