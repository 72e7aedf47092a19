#include "cli/http_client.hpp"

#include "base/unique_fd.hpp"
#include "cli/exit_code.hpp"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <sys/socket.h>

#include <string>
#include <thread>

using namespace serval;
using namespace std::chrono_literals;

namespace {

/// Accepts one connection, reads a request and says one thing.
class one_shot_server {
public:
  explicit one_shot_server(std::string answer) {
    listener_ = unique_fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    REQUIRE(::bind(listener_.get(), generic, size) == 0);
    REQUIRE(::listen(listener_.get(), 1) == 0);
    REQUIRE(::getsockname(listener_.get(), generic, &size) == 0);
    this->address = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this, answer = std::move(answer)] {
      unique_fd peer(::accept(listener_.get(), nullptr, nullptr));
      char part[4096];
      while (received.find("end") == std::string::npos) {
        auto count = ::recv(peer.get(), part, sizeof(part), 0);
        if (count <= 0)
          break;
        received.append(part, static_cast<std::size_t>(count));
      }
      if (answer.empty()) // Stays silent until the client gives up.
        ::recv(peer.get(), part, sizeof(part), 0);
      ::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    });
  }

  ~one_shot_server() {
    join();
  }

  void join() {
    if (thread_.joinable())
      thread_.join();
  }

  std::string address;
  std::string received; ///< Read it after `join`.

private:
  unique_fd listener_;
  std::thread thread_;
};

} // namespace

TEST_CASE("a request reaches the server and the answer comes back") {
  one_shot_server server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  auto answer = perform(server.address, {.method = "POST",
                                         .target = "/x",
                                         .fields = {{"X-A", "b"}},
                                         .body = "the end"});
  server.join();
  REQUIRE(answer);
  CHECK(answer->body == "hi");
  CHECK(server.received.starts_with("POST /x HTTP/1.1\r\nHost: 127.0.0.1:"));
  CHECK(server.received.find("\r\nX-A: b\r\n") != std::string::npos);
  CHECK(server.received.ends_with("\r\n\r\nthe end"));
}

TEST_CASE("nobody there, nonsense there, and silence there are told apart") {
  std::string free_address;
  {
    one_shot_server server("not http");
    free_address = server.address;
    auto nonsense = perform(server.address, {.body = "end"});
    REQUIRE_FALSE(nonsense.has_value());
    CHECK(nonsense.error().code != daemon_unreachable);
  }
  auto nobody = perform(free_address, {});
  REQUIRE_FALSE(nobody.has_value());
  CHECK(nobody.error().code == daemon_unreachable);
  CHECK(nobody.error().message.find(free_address) != std::string::npos);
  CHECK(perform("nowhere", {}).error().code == daemon_unreachable);
  CHECK(perform("127.0.0.1:x", {}).error().code == daemon_unreachable);
  one_shot_server silent("");
  auto late = perform(silent.address, {.body = "end", .timeout = 50ms});
  REQUIRE_FALSE(late.has_value());
  CHECK(late.error().code == errc::deadline_exceeded);
}
