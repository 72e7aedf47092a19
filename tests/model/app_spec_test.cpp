#include "model/app_spec.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

app_spec two_backends() {
  app_spec app;
  app.name = "shop";
  app.config["region"] = "north";
  app.config["limit"] = std::int64_t{3};
  backend_spec cart;
  cart.name = "cart";
  cart.config["limit"] = std::int64_t{9};
  backend_spec price;
  price.name = "price";
  app.backends = {cart, price};
  return app;
}

} // namespace

TEST_CASE("a backend is found by its exact name only") {
  auto app = two_backends();
  REQUIRE(find_backend(app, "price") != nullptr);
  CHECK(find_backend(app, "price")->name == "price");
  CHECK(find_backend(app, "pric") == nullptr);
  CHECK(find_backend(app, "") == nullptr);
}

TEST_CASE("a backend's own configuration wins over the application's") {
  auto app = two_backends();
  auto cart = effective_config(app, app.backends[0]);
  CHECK(cart.size() == 2);
  CHECK(cart.at("region") == setting{"north"});
  CHECK(cart.at("limit") == setting{std::int64_t{9}});
}

TEST_CASE("a path to read may be one of the configuration") {
  auto app = two_backends();
  auto& cart = app.backends[0];
  cart.config["folder"] = "/srv/carts";
  cart.read = {"/opt", "${folder}", "${region}", "${limit}", "${absent}"};
  CHECK(readable_paths(app, cart)
        == std::vector<std::string>{"/opt", "/srv/carts", "north", "${limit}",
                                    "${absent}"});
}

TEST_CASE("a backend without configuration gets the application's") {
  auto app = two_backends();
  CHECK(effective_config(app, app.backends[1]) == app.config);
}
