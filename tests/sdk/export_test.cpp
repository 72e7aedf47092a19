// The translation between C++ classes and plugin.h: this test is the host.

#include "serval/export.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

int alive = 0;

/// Does what its configuration and requests tell it.
class subject : public serval::backend {
public:
  explicit subject(const serval::config& config)
    : mood_(config.get<std::string>("mood")) {
    if (mood_ == "broken")
      throw std::runtime_error("cannot be built");
    if (mood_ == "strange")
      throw 42;
    ++alive;
  }

  ~subject() override {
    --alive;
  }

  std::string handle(serval::context& ctx, std::string_view request) override {
    if (request == "reject")
      throw serval::reject(418, "a teapot");
    if (request == "bad status")
      throw serval::reject(503, "no");
    if (request == "cancelled")
      throw serval::cancelled{};
    if (request == "throw")
      throw std::runtime_error("a bug");
    if (request == "throw int")
      throw 42;
    if (request == "mood")
      return ctx.config().get<std::string>("mood");
    return std::string{request};
  }

  void reconfigure(const serval::config& config) override {
    if (config.get<std::string>("mood") == "worse")
      throw std::runtime_error("no");
  }

  void warm_up() override {
    if (mood_ == "cold")
      throw std::runtime_error("stays cold");
  }

  void health() override {
    if (mood_ == "ill")
      throw std::runtime_error("not well");
  }

private:
  std::string mood_;
};

struct plain : serval::backend {
  std::string handle(serval::context&, std::string_view) override {
    return "plain";
  }
};

} // namespace

SERVAL_EXPORT(serval::as<subject>("subject"), serval::as<plain>("plain"));

namespace {

serval_host make_host() {
  serval_host host{};
  host.size = sizeof(host);
  host.abi_version = SERVAL_ABI_VERSION;
  return host;
}

const serval_host host = make_host();

const serval_backend_type& type(std::size_t index) {
  auto plugin = serval_plugin_entry(&host);
  REQUIRE(plugin);
  REQUIRE(index < plugin->backend_count);
  return *plugin->backends[index];
}

/// A sink that keeps what is written.
struct text_sink : serval_sink {
  text_sink() : serval_sink{this, append} {
    // nop
  }

  static void append(void* self, serval_bytes bytes) noexcept {
    static_cast<text_sink*>(self)->text.append(bytes.data, bytes.size);
  }

  std::string text;
};

/// Settings with the one key that `subject` reads.
struct mood_settings {
  explicit mood_settings(std::string_view mood)
    : item{{"mood", 4}, {mood.data(), mood.size()}, SERVAL_SETTING_TEXT} {
    // nop
  }

  const serval_settings* get() const {
    return &all;
  }

  serval_setting item;
  serval_settings all{sizeof(serval_settings), 1, &item};
};

/// An instance of `subject`, through the C table only.
struct instance {
  explicit instance(std::string_view mood) {
    text_sink error;
    self = type(0).create(mood_settings{mood}.get(), &error);
    message = error.text;
  }

  ~instance() {
    if (self)
      type(0).destroy(self);
  }

  std::int32_t handle(std::string_view request) {
    text_sink reply;
    auto status = type(0).handle(self, nullptr,
                                 {request.data(), request.size()}, &reply);
    message = reply.text;
    return status;
  }

  void* self;
  std::string message;
};

} // namespace

TEST_CASE("the entry function describes the plugin") {
  auto plugin = serval_plugin_entry(&host);
  REQUIRE(plugin);
  CHECK(plugin->size == sizeof(serval_plugin));
  CHECK(plugin->abi_version == SERVAL_ABI_VERSION);
  CHECK(plugin->backend_count == 2);
  CHECK(std::string{type(0).name} == "subject");
  CHECK(std::string{type(1).name} == "plain");
}

TEST_CASE("a plugin turns down a host that it cannot work with") {
  auto other = make_host();
  other.abi_version = SERVAL_ABI_VERSION + 1;
  CHECK(!serval_plugin_entry(&other));
  other = make_host();
  other.size = offsetof(serval_host, resume);
  CHECK(!serval_plugin_entry(&other));
}

TEST_CASE("an instance lives from create to destroy") {
  {
    instance made{"good"};
    CHECK(made.self);
    CHECK(alive == 1);
  }
  CHECK(alive == 0);
}

TEST_CASE("an exception in a constructor becomes null and a message") {
  CHECK(!instance{"broken"}.self);
  CHECK(instance{"broken"}.message == "cannot be built");
  CHECK(instance{"strange"}.message
        == "an exception that is no std::exception");
  serval_settings none{sizeof(none), 0, nullptr};
  text_sink error;
  CHECK(!type(0).create(&none, &error));
  CHECK(error.text == "config key \"mood\" is missing");
}

TEST_CASE("each way to leave handle has its status") {
  instance made{"good"};
  CHECK(made.handle("hi") == SERVAL_HANDLE_OK);
  CHECK(made.message == "hi");
  CHECK(made.handle("reject") == 418);
  CHECK(made.message == "a teapot");
  CHECK(made.handle("cancelled") == SERVAL_HANDLE_CANCELLED);
  CHECK(made.handle("throw") == SERVAL_HANDLE_FAILED);
  CHECK(made.message == "a bug");
  CHECK(made.handle("throw int") == SERVAL_HANDLE_FAILED);
  CHECK(made.handle("bad status") == SERVAL_HANDLE_FAILED);
  CHECK(made.message
        == "serval::reject needs a status from 400 to 499, not 503");
}

TEST_CASE("new settings hold once the backend has taken them") {
  instance made{"good"};
  text_sink error;
  CHECK(type(0).reconfigure(made.self, mood_settings{"better"}.get(), &error)
        == 0);
  made.handle("mood");
  CHECK(made.message == "better");
  CHECK(type(0).reconfigure(made.self, mood_settings{"worse"}.get(), &error)
        != 0);
  CHECK(error.text == "no");
  made.handle("mood");
  CHECK(made.message == "better");
}

TEST_CASE("a backend that does not override reconfigure refuses it") {
  serval_settings none{sizeof(none), 0, nullptr};
  text_sink error;
  auto self = type(1).create(&none, &error);
  REQUIRE(self);
  CHECK(type(1).reconfigure(self, &none, &error) != 0);
  CHECK(error.text.find("restart") != std::string::npos);
  CHECK(type(1).warm_up(self, &error) == 0);
  CHECK(type(1).health(self, &error) == 0);
  type(1).destroy(self);
}

TEST_CASE("warm_up and health report what they throw") {
  text_sink error;
  instance cold{"cold"};
  CHECK(type(0).warm_up(cold.self, &error) != 0);
  CHECK(error.text == "stays cold");
  error.text.clear();
  instance ill{"ill"};
  CHECK(type(0).health(ill.self, &error) != 0);
  CHECK(error.text == "not well");
}
