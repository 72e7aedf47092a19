#include "link/socket_options.hpp"

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace serval;

TEST_CASE("small writes leave a TCP socket at once") {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(socket_family(fd) == AF_INET);
  tune_stream_socket(fd);
  int value = 0;
  socklen_t size = sizeof(value);
  CHECK(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &size) == 0);
  CHECK(value != 0);
  close(fd);
}

TEST_CASE("what is no socket has no family and takes no options") {
  CHECK(socket_family(-1) == AF_UNSPEC);
  tune_stream_socket(-1);
}
