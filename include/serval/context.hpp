#pragma once

// What a backend can do while it answers a request.

#include "serval/config.hpp"
#include "serval/error.hpp"
#include "serval/log.hpp"
#include "serval/map_result.hpp"
#include "serval/plugin.h"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <limits>
#include <new>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace serval {

/// One call under way. Handed to `backend::handle` and valid until it returns;
/// use it only there, on the same thread.
///
/// `map`, `call` and `sleep` suspend the call, not the thread: the worker may
/// begin or continue other calls meanwhile. What was true of the backend's own
/// members before may have changed after. Do not hold a lock across them.
class context {
public:
  /// For the SDK itself. All three outlive the context.
  context(const serval_host& host, serval_call* call,
          const serval::config& config) noexcept
    : log(&host, call), host_(&host), call_(call), config_(&config) {
    // nop
  }

  context(const context&) = delete;
  context& operator=(const context&) = delete;

  /// Hands each piece to a worker of `backend` (a name in app.toml) and waits
  /// until `policy` is met. Pieces run at the same time, as far as there are
  /// workers. Results come in piece order; what failed is in `missing()`.
  /// `pieces` is any range of strings or string views; they are copied.
  /// Throws `cancelled` when the deadline passes or nobody waits any more.
  template <std::ranges::input_range Pieces>
  map_result map(std::string_view backend, const Pieces& pieces,
                 until policy = until::all()) {
    using reference = std::ranges::range_reference_t<const Pieces>;
    static_assert(std::is_convertible_v<reference, std::string_view>,
                  "the pieces of a map are strings");
    static_assert(std::is_lvalue_reference_v<reference>
                    || std::is_same_v<reference, std::string_view>,
                  "a range that makes its strings on the fly must be stored "
                  "in a vector first");
    std::vector<serval_bytes> views;
    for (std::string_view piece : pieces)
      views.push_back(detail::bytes_of(piece));
    return run_map(backend, views, policy);
  }

  map_result map(std::string_view backend,
                 std::initializer_list<std::string_view> pieces,
                 until policy = until::all()) {
    return map(backend, std::vector<std::string_view>{pieces}, policy);
  }

  /// Asks one worker of `backend` and returns its answer. Throws `call_failed`
  /// if there is none, `cancelled` like `map`.
  std::string call(std::string_view backend, std::string_view request) {
    auto answers = map(backend, {request});
    auto answer = answers[0];
    if (answer.ok())
      return std::string{answer.body};
    throw call_failed("backend \"" + std::string{backend} + "\": "
                        + to_string(answer.outcome) + ": "
                        + std::string{answer.body},
                      answer.outcome, answer.reject_status);
  }

  /// Suspends the call for `time`. Unlike `map` it keeps the worker's slot,
  /// since it stands for work. Throws `cancelled` like `map`.
  void sleep(std::chrono::nanoseconds time) {
    throw_if_cancelled();
    host_->sleep_begin(call_, std::max<std::int64_t>(time.count(), 0),
                       wake_up, this);
    suspend();
  }

  /// What is left of the time that the request may take; zero or less once the
  /// deadline has passed.
  std::chrono::nanoseconds remaining() const noexcept {
    return std::chrono::nanoseconds{host_->remaining_ns(call_)};
  }

  /// The same as a point in time on this machine's monotonic clock.
  std::chrono::steady_clock::time_point deadline() const noexcept {
    return std::chrono::steady_clock::now()
           + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
             remaining());
  }

  /// Whether nobody waits for the call any more. Long computations should ask
  /// now and then; see `throw_if_cancelled`.
  bool cancelled() const noexcept {
    return host_->cancelled(call_) != 0;
  }

  void throw_if_cancelled() const {
    if (cancelled())
      throw serval::cancelled{};
  }

  /// The backend's configuration as it is now. The reference stays valid; what
  /// it shows may change across a `map` when the operator reconfigures.
  const serval::config& config() const noexcept {
    return *config_;
  }

  /// The id of the external request that this call is part of, the same on all
  /// layers. Lives as long as the context.
  std::string_view request_id() const noexcept {
    return detail::view_of(host_->request_id(call_));
  }

  /// The operator's log: `ctx.log.info("42 lines skipped")`.
  const plugin_logger log;

private:
  static void wake_up(void* self) noexcept {
    auto& ctx = *static_cast<context*>(self);
    ctx.host_->resume(ctx.call_);
  }

  void suspend() {
    if (host_->suspend(call_) != 0)
      throw serval::cancelled{};
  }

  map_result run_map(std::string_view backend,
                     const std::vector<serval_bytes>& pieces, until policy) {
    throw_if_cancelled();
    if (pieces.empty())
      return {};
    serval_map_request request{};
    request.size = sizeof(request);
    request.policy = static_cast<std::uint32_t>(policy.policy());
    request.backend = detail::bytes_of(backend);
    request.pieces = pieces.data();
    request.piece_count = pieces.size();
    request.quorum = policy.quorum();
    request.best_by_ns = std::max<std::int64_t>(policy.patience().count(), 0);
    auto handle = host_->map_begin(call_, &request, wake_up, this);
    if (!handle)
      throw std::bad_alloc{};
    map_result results{*host_, handle, pieces.size()};
    suspend();
    return results;
  }

  const serval_host* host_;
  serval_call* call_;
  const serval::config* config_;
};

} // namespace serval
