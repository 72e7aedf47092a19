#include "base/errc.hpp"

#include "base/assert.hpp"

#include <array>

namespace serval {

namespace {

using enum error_class;

constexpr std::array<errc_info, errc_count> table = {{
  {errc::bad_request, "bad_request", permanent, 400,
   "the request is malformed"},
  {errc::unauthorized, "unauthorized", permanent, 401,
   "the request carries no valid credentials"},
  {errc::not_found, "not_found", permanent, 404, "there is no such thing"},
  {errc::method_not_allowed, "method_not_allowed", permanent, 405,
   "the method is not allowed here"},
  {errc::request_timeout, "request_timeout", deadline, 408,
   "the request did not arrive in time"},
  {errc::conflict, "conflict", permanent, 409,
   "the request contradicts the current state"},
  {errc::body_too_large, "body_too_large", permanent, 413,
   "the body is too large"},
  {errc::target_too_long, "target_too_long", permanent, 414,
   "the request target is too long"},
  {errc::unsupported_media, "unsupported_media", permanent, 415,
   "the body's encoding is not supported"},
  {errc::headers_too_large, "headers_too_large", permanent, 431,
   "the header fields are too large"},
  {errc::client_gone, "client_gone", deadline, 499,
   "the client closed the connection"},
  {errc::rejected, "rejected", permanent, 422,
   "the application rejected the request"},
  {errc::user_error, "user_error", permanent, 500,
   "the application failed to answer"},
  {errc::internal, "internal", permanent, 500, "the server failed"},
  {errc::worker_died, "worker_died", retryable, 502,
   "the worker died while it had the request"},
  {errc::link_lost, "link_lost", retryable, 502,
   "the connection to the worker was lost"},
  {errc::overload, "overload", error_class::overload, 503,
   "the server is overloaded"},
  {errc::no_worker, "no_worker", error_class::overload, 503,
   "no worker is ready"},
  {errc::unavailable, "unavailable", error_class::overload, 503,
   "the service is not available at the moment"},
  {errc::deadline_exceeded, "deadline_exceeded", deadline, 504,
   "the deadline has passed"},
  {errc::cancelled, "cancelled", deadline, 499, "the request was cancelled"},
  {errc::store_failed, "store_failed", permanent, 507,
   "the store cannot record the change"},
  {errc::stale_epoch, "stale_epoch", permanent, 409,
   "the command comes from a deposed leader"},
  {errc::corrupt, "corrupt", permanent, 500, "stored data is damaged"},
  {errc::bad_plugin, "bad_plugin", permanent, 422,
   "the plugin cannot be used"},
  {errc::poison, "poison", permanent, 500,
   "the request has killed workers and is refused for ten minutes"},
}};

constexpr bool is_in_order() {
  for (int i = 0; i < errc_count; ++i)
    if (static_cast<int>(table[i].code) != i)
      return false;
  return true;
}

static_assert(is_in_order(), "the table must list the codes in their order");

} // namespace

const errc_info& info(errc code) noexcept {
  auto index = static_cast<std::size_t>(code);
  SERVAL_ASSERT(index < table.size());
  return table[index];
}

} // namespace serval
