#pragma once

// Turns classes into a plugin. Everything below `detail` is the translation
// between C++ and plugin.h; users need only SERVAL_EXPORT and `as`.

#include "serval/backend.hpp"
#include "serval/plugin.h"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

/// The version of this SDK, for messages.
#define SERVAL_SDK_VERSION "0.1.0"

namespace serval {

namespace detail {

/// What the host knows as one instance of a backend.
struct instance {
  serval::config config;
  std::unique_ptr<backend> user;
};

inline void write(serval_sink* sink, std::string_view text) noexcept {
  if (sink && sink->write)
    sink->write(sink->context, bytes_of(text));
}

/// Runs `body` and turns whatever leaves it into the status that plugin.h
/// defines, with a message in `sink`. No exception passes.
template <class Body>
std::int32_t guarded(serval_sink* sink, Body body) noexcept {
  try {
    body();
    return SERVAL_HANDLE_OK;
  } catch (const cancelled&) {
    return SERVAL_HANDLE_CANCELLED;
  } catch (const reject& refusal) {
    write(sink, refusal.message());
    return refusal.status();
  } catch (const std::exception& failure) {
    write(sink, failure.what());
  } catch (...) {
    write(sink, "an exception that is no std::exception");
  }
  return SERVAL_HANDLE_FAILED;
}

template <class Backend>
std::unique_ptr<backend> construct(const config& config) {
  if constexpr (std::constructible_from<Backend, const serval::config&>)
    return std::make_unique<Backend>(config);
  else
    return std::make_unique<Backend>();
}

template <class Backend>
void* create(const serval_settings* settings, serval_sink* error) noexcept {
  void* created = nullptr;
  guarded(error, [&] {
    auto fresh = std::make_unique<instance>();
    fresh->config = config{*settings};
    fresh->user = construct<Backend>(fresh->config);
    created = fresh.release();
  });
  return created;
}

inline void destroy(void* self) noexcept {
  delete static_cast<instance*>(self);
}

inline std::int32_t handle(void* self, serval_call* call, serval_bytes request,
                           serval_sink* reply) noexcept {
  return guarded(reply, [&] {
    auto& target = *static_cast<instance*>(self);
    context ctx{*host, call, target.config};
    write(reply, target.user->handle(ctx, view_of(request)));
  });
}

inline std::int32_t reconfigure(void* self, const serval_settings* settings,
                                serval_sink* error) noexcept {
  return guarded(error, [&] {
    auto& target = *static_cast<instance*>(self);
    auto fresh = config{*settings};
    target.user->reconfigure(fresh);
    target.config = std::move(fresh);
  });
}

inline std::int32_t warm_up(void* self, serval_sink* error) noexcept {
  return guarded(error,
                 [&] { static_cast<instance*>(self)->user->warm_up(); });
}

inline std::int32_t health(void* self, serval_sink* error) noexcept {
  return guarded(error, [&] { static_cast<instance*>(self)->user->health(); });
}

template <std::size_t N>
constexpr std::array<const serval_backend_type*, N>
addresses_of(const serval_backend_type (&types)[N]) {
  std::array<const serval_backend_type*, N> found{};
  for (std::size_t i = 0; i < N; ++i)
    found[i] = &types[i];
  return found;
}

/// Meets the host: refuses one that speaks another ABI or offers too little.
inline const serval_plugin* enter(const serval_host* offered,
                                  const serval_plugin& plugin) noexcept {
  constexpr auto needed = offsetof(serval_host, resume)
                          + sizeof(serval_host::resume);
  if (offered->abi_version != SERVAL_ABI_VERSION || offered->size < needed)
    return nullptr;
  host = offered;
  return &plugin;
}

} // namespace detail

/// Names a class as a backend of the plugin: `as<my_bank>("bank")`. The name is
/// what `[backend.bank]` in app.toml and `ctx.map("bank", …)` refer to; it must
/// be a string literal, unique in the plugin.
template <class Backend>
constexpr serval_backend_type as(const char* name) noexcept {
  static_assert(std::derived_from<Backend, backend>,
                "a backend derives publicly from serval::backend");
  static_assert(!std::is_abstract_v<Backend>,
                "a backend must override handle()");
  static_assert(std::constructible_from<Backend, const config&>
                  || std::default_initializable<Backend>,
                "a backend needs a constructor that takes a const "
                "serval::config&, or one without arguments");
  return {sizeof(serval_backend_type), name,
          detail::create<Backend>,     detail::destroy,
          detail::handle,              detail::reconfigure,
          detail::warm_up,             detail::health};
}

} // namespace serval

/// Makes the shared object a plugin. Stands once, in one source, outside any
/// namespace:
///
///     SERVAL_EXPORT(serval::as<my_strategy>("strategy"),
///                   serval::as<my_bank>("bank"))
#define SERVAL_EXPORT(...)                                                     \
  extern "C" [[gnu::visibility("default")]] const serval_plugin*               \
  serval_plugin_entry(const serval_host* host) noexcept {                      \
    static constexpr serval_backend_type types[] = {__VA_ARGS__};              \
    static constexpr auto addresses = serval::detail::addresses_of(types);     \
    static constexpr serval_plugin plugin                                      \
      = {sizeof(serval_plugin), SERVAL_ABI_VERSION, SERVAL_SDK_VERSION,        \
         addresses.size(), addresses.data()};                                  \
    return serval::detail::enter(host, plugin);                                \
  }                                                                            \
  static_assert(true, "SERVAL_EXPORT may be followed by a semicolon")
