#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace serval {

/// What is logged about one request.
struct access_record {
  wall_time at;
  std::string_view method;
  std::string_view application; ///< Empty if no route was found.
  std::string_view route;       ///< Its path; never what the client sent.
  int status = 0;
  duration latency{};
  std::string_view request_id;
  std::uint64_t bytes_in = 0;  ///< Of the bodies.
  std::uint64_t bytes_out = 0;
};

/// Takes finished lines, on whichever loop they come from.
class access_log_sink {
public:
  virtual ~access_log_sink() = default;

  /// Moves `lines` out and answers true, or answers false while it is behind.
  virtual bool take(std::string& lines) = 0;

  /// So many lines had to be dropped.
  virtual void dropped(std::uint64_t lines) {
    static_cast<void>(lines);
  }
};

/// Gathers lines and hands them on in batches, so that a request costs no
/// system call. Never waits: while the sink is behind, lines are dropped and
/// counted. One per loop.
class access_log {
public:
  explicit access_log(access_log_sink& sink) : sink_(sink) {
    // nop
  }

  void write(const access_record& record);

  /// Hands on what has been gathered; to be called every now and then.
  void flush();

  /// Lines dropped so far.
  std::uint64_t dropped() const noexcept {
    return dropped_;
  }

private:
  access_log_sink& sink_;
  std::string lines_;
  std::uint64_t dropped_ = 0;
  std::uint64_t dropped_reported_ = 0;
};

/// Appends one line: a JSON object. Whatever its texts contain, it stays one
/// line and one object.
void append_line(const access_record& record, std::string& out);

} // namespace serval
