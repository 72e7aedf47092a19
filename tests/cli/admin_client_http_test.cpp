// The command line's client against the control API over real sockets; only
// the control plane behind it is not the real one.

#include "cli/admin_client.hpp"

#include "base/sha256.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "control/control_handler.hpp"
#include "control/fake_plane.hpp"
#include "control/status_json.hpp"
#include "proxy/http_server.hpp"
#include "spec/spec_json.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <stdlib.h>

#include <filesystem>
#include <future>
#include <thread>

using namespace serval;

namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

/// An admin listener on a thread of its own.
class admin_server {
public:
  admin_server()
    : folder_(make_folder()), artifacts_(folder_),
      api_({plane, artifacts_, [](auto job) { job(); },
            [this] {
              return node_info{"n", "0.1", address, address, address, 1, {}};
            },
            [] { return std::optional<std::string>{}; },
            [] { return std::string{}; }, [] { return std::string{"id"}; },
            {}, {}}),
      handler_(api_, [this](auto job) { asio::post(loop_, std::move(job)); }),
      server_(loop_, handler_) {
    auto port = server_.listen({"127.0.0.1", 0});
    REQUIRE(port.has_value());
    address = "127.0.0.1:" + std::to_string(*port);
    thread_ = std::thread([this] { loop_.run(); });
  }

  ~admin_server() {
    asio::post(loop_, [this] {
      server_.abort();
      guard_.reset();
      loop_.stop();
    });
    thread_.join();
    fs::remove_all(folder_);
  }

  fake_plane plane;
  std::string address;

private:
  static std::string make_folder() {
    std::string name = fs::temp_directory_path() / "serval_admin_XXXXXX";
    return ::mkdtemp(name.data());
  }

  std::string folder_;
  artifact_store artifacts_;
  asio::io_context loop_;
  asio::executor_work_guard<asio::io_context::executor_type> guard_{
    loop_.get_executor()};
  control_api api_;
  control_handler handler_;
  http_server server_;
  std::thread thread_;
};

} // namespace

TEST_CASE("a plugin larger than any buffer arrives whole, once") {
  admin_server server;
  admin_client daemon(server.address);
  std::string bytes(5 << 20, 'x');
  auto hash = sha256_hex(bytes);
  REQUIRE(daemon.upload(hash, bytes).has_value());
  // The daemon has it now and is not sent wrong bytes, nor any.
  CHECK(daemon.upload(hash, "other").has_value());
  CHECK_FALSE(daemon.upload(sha256_hex("other"), "wrong").has_value());
}

TEST_CASE("status and endpoints come back, unknown names as errors") {
  admin_server server;
  admin_client daemon(server.address);
  auto status = daemon.status("a");
  REQUIRE(status);
  CHECK(status->name == "a");
  auto endpoints = daemon.endpoints();
  REQUIRE(endpoints);
  CHECK(endpoints->rpc == server.address);
  auto unknown = daemon.status("x");
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().code == errc::not_found);
  CHECK(unknown.error().message == "there is no such application");
}

TEST_CASE("commands reach the control plane, and their exit codes say how") {
  admin_server server;
  client_options client{server.address, true};
  CHECK(scale_command(client, {"a", {"b=3"}, "why"}) == exit_ok);
  CHECK(server.plane.last_workers == 3);
  CHECK(server.plane.last_header.reason == "why");
  CHECK(scale_command(client, {"x", {"b=3"}, ""}) == exit_failed);
  CHECK(scale_command(client, {"a", {"b=4", "b=0"}, ""}) == exit_failed);
  CHECK(server.plane.last_workers == 3);
  CHECK(delete_command(client, {"a", ""}) == exit_ok);
  CHECK(server.plane.last_removed == "a");
  CHECK(status_command(client, "") == exit_ok);
  CHECK(status_command(client, "../v1") == exit_failed);
  client.admin = "127.0.0.1:1";
  CHECK(status_command(client, "") == exit_unreachable);
}
