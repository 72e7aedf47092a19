// What a plugin must say of itself before anything of it is used.

#include "plugin/handshake.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

namespace {

const serval_backend_type good{
  sizeof(serval_backend_type),
  "good",
  [](const serval_settings*, serval_sink*) noexcept -> void* {
    return nullptr;
  },
  [](void*) noexcept {
    // nop
  },
  [](void*, serval_call*, serval_bytes, serval_sink*) noexcept -> int32_t {
    return 0;
  },
  [](void*, const serval_settings*, serval_sink*) noexcept -> int32_t {
    return 0;
  },
  [](void*, serval_sink*) noexcept -> int32_t { return 0; },
  [](void*, serval_sink*) noexcept -> int32_t { return 0; }};

serval_backend_type named(const char* name) {
  auto copy = good;
  copy.name = name;
  return copy;
}

/// What the handshake says about a plugin with these two backends, after
/// `change` has been at its table.
std::string verdict(const serval_backend_type* first,
                    const serval_backend_type* second,
                    void (*change)(serval_plugin&) = nullptr) {
  const serval_backend_type* backends[] = {first, second};
  serval_plugin plugin{sizeof(plugin), SERVAL_ABI_VERSION, "0", 2, backends};
  if (change)
    change(plugin);
  auto checked = serval::check_handshake(&plugin);
  return checked ? "good" : checked.error().message;
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a complete plugin is accepted") {
  auto other = named("other");
  CHECK(verdict(&good, &other) == "good");
}

TEST_CASE("a longer table of a later minor version is accepted") {
  auto other = named("other");
  other.size += 8;
  CHECK(verdict(&good, &other, [](serval_plugin& p) { p.size += 8; })
        == "good");
}

TEST_CASE("a plugin that returns null has refused") {
  auto checked = serval::check_handshake(nullptr);
  REQUIRE(!checked);
  CHECK(contains(checked.error().message, "refused"));
}

TEST_CASE("nothing is read of a plugin with another ABI version") {
  auto text = verdict(nullptr, nullptr, [](serval_plugin& p) {
    p.abi_version = 7;
    p.sdk_version = reinterpret_cast<const char*>(8);
    p.backends = reinterpret_cast<const serval_backend_type* const*>(8);
  });
  CHECK(contains(text, "built for ABI version 7, this Serval speaks 1"));
}

TEST_CASE("a table that is too short is refused") {
  CHECK(contains(verdict(&good, &good, [](serval_plugin& p) { p.size = 4; }),
                 "too short"));
  CHECK(contains(verdict(&good, &good, [](serval_plugin& p) { p.size = 16; }),
                 "16 bytes"));
  auto shorter = named("shorter");
  shorter.size = offsetof(serval_backend_type, health);
  CHECK(contains(verdict(&good, &shorter), "backend 2 has a table of"));
}

TEST_CASE("a plugin needs a backend") {
  CHECK(contains(verdict(&good, &good,
                         [](serval_plugin& p) { p.backend_count = 0; }),
                 "no backend"));
  CHECK(contains(verdict(&good, &good,
                         [](serval_plugin& p) { p.backends = nullptr; }),
                 "no backend"));
  CHECK(contains(verdict(&good, nullptr), "backend 2 is null"));
}

TEST_CASE("backends have names, and different ones") {
  auto nameless = named(nullptr);
  auto empty = named("");
  CHECK(contains(verdict(&good, &nameless), "backend 2 has no name"));
  CHECK(contains(verdict(&empty, &good), "backend 1 has no name"));
  auto same = named("good");
  CHECK(contains(verdict(&good, &same), "two backends named \"good\""));
}

TEST_CASE("each function that is missing is named") {
  auto lacking = [](auto member) {
    auto other = named("other");
    other.*member = nullptr;
    return verdict(&good, &other);
  };
  using type = serval_backend_type;
  CHECK(contains(lacking(&type::create), "lacks the function create"));
  CHECK(contains(lacking(&type::destroy), "lacks the function destroy"));
  CHECK(contains(lacking(&type::handle), "lacks the function handle"));
  CHECK(contains(lacking(&type::reconfigure),
                 "lacks the function reconfigure"));
  CHECK(contains(lacking(&type::warm_up), "lacks the function warm_up"));
  CHECK(contains(lacking(&type::health), "lacks the function health"));
}
