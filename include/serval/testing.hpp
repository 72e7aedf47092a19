#pragma once

// Unit tests for backends, without a daemon, threads or real time.
//
//     serval::testing::fake_app app{{{"data_dir", "/tmp/metrics"}}};
//     app.add<strategy>("strategy");
//     app.add("bank", [](std::string_view request) { return reply(request); });
//     CHECK(app.call("strategy", "{}") == expected);
//
// A map runs its pieces one after another, but in pretended time they run at
// once: only `sleep` takes time, a map takes as long as its slowest piece, and
// deadlines and policies hold as they do in production.

#include "serval/export.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace serval::testing {

/// Thrown by a stand-in, ends its call with any outcome: for example
/// `failure{call_outcome::worker_died, "signal 11"}`.
struct failure {
  call_outcome outcome;
  std::string detail;
};

/// An application that exists only in the test: named backends, each with one
/// instance. Not thread-safe. Outlives every result it hands out.
class fake_app {
public:
  /// `config` is what every backend gets unless `add` says otherwise.
  explicit fake_app(config config = {}) : config_(std::move(config)) {
    // nop
  }

  fake_app(const fake_app&) = delete;
  fake_app& operator=(const fake_app&) = delete;

  /// Serves `name` by a new instance of Backend, which is returned for the test
  /// to look at and lives as long as the application. Throws what its
  /// constructor throws.
  template <class Backend>
  Backend& add(const std::string& name,
               std::optional<config> config = std::nullopt) {
    auto& slot = backends_[name];
    slot.config = config ? *std::move(config) : config_;
    slot.user = detail::construct<Backend>(slot.config);
    return static_cast<Backend&>(*slot.user);
  }

  /// Serves `name` by a function that takes the request, or the context and the
  /// request, and returns the response. It may throw like a backend.
  template <class Function>
    requires std::is_invocable_v<Function&, std::string_view>
             || std::is_invocable_v<Function&, context&, std::string_view>
  void add(const std::string& name, Function function) {
    auto& slot = backends_[name];
    slot.config = config_;
    slot.user = std::make_unique<stand_in<Function>>(std::move(function));
  }

  /// Sends an external request to backend `name` and returns its answer. What
  /// the backend throws comes out as it is.
  std::string call(const std::string& name, std::string_view request,
                   std::chrono::nanoseconds timeout
                   = std::chrono::seconds{10}) {
    fake_call root{this, now_ + timeout.count(), 0, now_};
    return run(root, name, request);
  }

  /// From now on every call counts as given up by its client.
  void cancel() noexcept {
    cancelled_ = true;
  }

  /// The lines that backends wrote through `context::log`, oldest first.
  const std::vector<std::string>& log_lines() const noexcept {
    return log_lines_;
  }

  /// How much pretended time has passed since the application was made.
  std::chrono::nanoseconds elapsed() const noexcept {
    return std::chrono::nanoseconds{now_};
  }

private:
  /// What stands behind the host's `serval_call`.
  struct fake_call {
    fake_app* app;
    std::int64_t deadline;
    std::uint32_t depth;
    std::int64_t wake_at;
  };

  /// What stands behind the host's `serval_map`.
  struct fake_map {
    struct piece {
      call_outcome outcome;
      int reject_status;
      std::string body;
      std::int64_t end;
    };
    std::vector<piece> pieces;
  };

  template <class Function>
  class stand_in : public backend {
  public:
    explicit stand_in(Function function) : function_(std::move(function)) {
      // nop
    }

    std::string handle(context& ctx, std::string_view request) override {
      if constexpr (std::is_invocable_v<Function&, context&, std::string_view>)
        return function_(ctx, request);
      else
        return function_(request);
    }

  private:
    Function function_;
  };

  static constexpr std::uint32_t max_depth = 16;

  std::string run(fake_call& call, const std::string& name,
                  std::string_view request) {
    auto found = backends_.find(name);
    if (found == backends_.end())
      throw failure{call_outcome::invalid, "no backend named " + name};
    if (call.depth > max_depth)
      throw failure{call_outcome::invalid, "nested too deeply"};
    auto& target = found->second;
    context ctx{host_table(), reinterpret_cast<serval_call*>(&call),
                target.config};
    return target.user->handle(ctx, request);
  }

  fake_map::piece run_piece(const fake_call& parent, const std::string& name,
                            std::string_view request, std::int64_t deadline) {
    auto begin = now_;
    fake_call call{this, deadline, parent.depth + 1, begin};
    fake_map::piece ended{call_outcome::ok, 0, {}, 0};
    try {
      ended.body = run(call, name, request);
    } catch (const serval::cancelled&) {
      ended.outcome = now_ >= deadline ? call_outcome::deadline
                                       : call_outcome::cancelled;
    } catch (const reject& refusal) {
      ended.outcome = call_outcome::rejected;
      ended.reject_status = refusal.status();
      ended.body = refusal.message();
    } catch (const failure& chosen) {
      ended.outcome = chosen.outcome;
      ended.body = chosen.detail;
    } catch (const std::exception& problem) {
      ended.outcome = call_outcome::failed;
      ended.body = problem.what();
    }
    ended.end = std::exchange(now_, begin);
    return ended;
  }

  /// Keeps the first `quorum` successes and returns when the last of them came,
  /// or when the last piece ended if there are too few.
  static std::int64_t apply_quorum(std::vector<fake_map::piece>& pieces,
                                   std::size_t quorum) {
    std::vector<fake_map::piece*> successes;
    std::int64_t end = 0;
    for (auto& each : pieces) {
      end = std::max(end, each.end);
      if (each.outcome == call_outcome::ok)
        successes.push_back(&each);
    }
    if (quorum == 0 || successes.size() < quorum)
      return end;
    std::ranges::stable_sort(successes, {}, &fake_map::piece::end);
    for (auto i = quorum; i < successes.size(); ++i) {
      successes[i]->outcome = call_outcome::not_needed;
      successes[i]->body.clear();
    }
    return successes[quorum - 1]->end;
  }

  serval_map* begin_map(fake_call& call, const serval_map_request& request) {
    auto deadline = call.deadline;
    if (request.policy == SERVAL_MAP_BEST_BY)
      deadline = std::min(deadline, now_ + request.best_by_ns);
    auto name = std::string{detail::view_of(request.backend)};
    auto made = std::make_unique<fake_map>();
    call.wake_at = now_;
    for (std::size_t i = 0; i < request.piece_count; ++i) {
      auto piece = detail::view_of(request.pieces[i]);
      made->pieces.push_back(run_piece(call, name, piece, deadline));
      call.wake_at = std::max(call.wake_at, made->pieces.back().end);
    }
    if (request.policy == SERVAL_MAP_QUORUM)
      call.wake_at = apply_quorum(made->pieces, request.quorum);
    return reinterpret_cast<serval_map*>(made.release());
  }

  static fake_call& self(serval_call* call) noexcept {
    return *reinterpret_cast<fake_call*>(call);
  }

  static bool is_cancelled(const fake_call& call) noexcept {
    return call.app->cancelled_ || call.app->now_ >= call.deadline;
  }

  /// The table that a real host offers, on top of this class.
  static const serval_host& host_table() noexcept {
    static const serval_host table = make_host_table();
    return table;
  }

  static serval_host make_host_table() noexcept {
    serval_host host{};
    host.size = sizeof(host);
    host.abi_version = SERVAL_ABI_VERSION;
    host.remaining_ns = [](serval_call* call) noexcept {
      return self(call).deadline - self(call).app->now_;
    };
    host.cancelled = [](serval_call* call) noexcept -> int {
      return is_cancelled(self(call));
    };
    host.request_id = [](serval_call*) noexcept {
      return detail::bytes_of("fake-request");
    };
    host.log = [](serval_call* call, std::uint32_t,
                  serval_bytes text) noexcept {
      if (call)
        self(call).app->log_lines_.emplace_back(detail::view_of(text));
    };
    host.map_begin = [](serval_call* call, const serval_map_request* request,
                        serval_on_done, void*) noexcept {
      return self(call).app->begin_map(self(call), *request);
    };
    host.map_result = [](serval_map* map, std::size_t index,
                         serval_piece_result* result) noexcept {
      const auto& piece = reinterpret_cast<fake_map*>(map)->pieces.at(index);
      result->outcome = static_cast<std::uint32_t>(piece.outcome);
      result->reject_status = static_cast<std::uint32_t>(piece.reject_status);
      result->body = detail::bytes_of(piece.body);
    };
    host.map_end = [](serval_map* map) noexcept {
      delete reinterpret_cast<fake_map*>(map);
    };
    host.sleep_begin = [](serval_call* call, std::int64_t ns, serval_on_done,
                          void*) noexcept {
      self(call).wake_at = self(call).app->now_ + ns;
    };
    host.suspend = [](serval_call* call) noexcept -> int {
      auto& waiting = self(call);
      waiting.app->now_ = std::min(waiting.wake_at, waiting.deadline);
      return is_cancelled(waiting);
    };
    host.resume = [](serval_call*) noexcept {
      // nop
    };
    return host;
  }

  config config_;
  std::map<std::string, detail::instance> backends_;
  std::vector<std::string> log_lines_;
  std::int64_t now_ = 0;
  bool cancelled_ = false;
};

} // namespace serval::testing
