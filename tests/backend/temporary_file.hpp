#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <string>
#include <string_view>

/// A file that is gone when the test is.
class temporary_file {
public:
  explicit temporary_file(std::string_view content) {
    int fd = ::mkstemp(path_.data());
    REQUIRE(fd >= 0);
    REQUIRE(::write(fd, content.data(), content.size())
            == static_cast<ssize_t>(content.size()));
    ::close(fd);
  }

  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;

  ~temporary_file() {
    ::unlink(path_.c_str());
  }

  const std::string& path() const {
    return path_;
  }

private:
  std::string path_ = "/tmp/serval-test-XXXXXX";
};
