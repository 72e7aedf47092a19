#pragma once

// What a backend throws, and what it may have to catch.

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace serval {

/// Throw this to refuse a request that the client got wrong.
///
/// On the entry backend `status` becomes the HTTP status and `message` is shown
/// to the client. On a deeper backend it ends that one piece: its parent finds
/// both in `map_result::missing()`. Any other exception counts as a failure of
/// the backend: the client gets 500, the operator's log gets `what()`.
class reject : public std::exception {
public:
  /// `status` must be 400 to 499; anything else throws std::invalid_argument
  /// in place of the rejection, and so shows up as a failure.
  reject(int status, std::string message)
    : status_(status), message_(std::move(message)) {
    if (status < 400 || status > 499)
      throw std::invalid_argument("serval::reject needs a status from 400 to "
                                  "499, not " + std::to_string(status));
  }

  int status() const noexcept {
    return status_;
  }

  const std::string& message() const noexcept {
    return message_;
  }

  const char* what() const noexcept override {
    return message_.c_str();
  }

private:
  int status_;
  std::string message_;
};

/// Leaves `map`, `call` and `sleep` when nobody waits for the call any more:
/// its deadline passed, or the client went away.
///
/// Let it pass, so that destructors run and the worker is free for the next
/// request. It is no std::exception on purpose: a handler for those should not
/// swallow it. If it is swallowed all the same, the next `map` throws it again.
class cancelled {};

/// How a call to another backend, or one piece of a map, ended. The numbers are
/// those of `serval_outcome` in plugin.h.
enum class call_outcome : std::uint8_t {
  ok = 0,
  failed = 1,      ///< The backend threw.
  rejected = 2,    ///< The backend threw `reject`.
  deadline = 3,    ///< Time ran out.
  cancelled = 4,   ///< Somebody above gave up waiting.
  overload = 5,    ///< A queue or a budget was full.
  no_worker = 6,   ///< The backend has no worker that serves.
  worker_died = 7, ///< The process that worked on it ended.
  not_needed = 8,  ///< The map's policy was met without it.
  invalid = 9,     ///< No such backend, or nested too deeply.
};

/// The outcome's name as logs show it, such as "worker_died".
inline const char* to_string(call_outcome outcome) noexcept {
  switch (outcome) {
    case call_outcome::ok:
      return "ok";
    case call_outcome::failed:
      return "failed";
    case call_outcome::rejected:
      return "rejected";
    case call_outcome::deadline:
      return "deadline";
    case call_outcome::cancelled:
      return "cancelled";
    case call_outcome::overload:
      return "overload";
    case call_outcome::no_worker:
      return "no_worker";
    case call_outcome::worker_died:
      return "worker_died";
    case call_outcome::not_needed:
      return "not_needed";
    case call_outcome::invalid:
      return "invalid";
  }
  return "unknown";
}

/// Thrown by `context::call` when the called backend gave no answer. `what()`
/// names the backend, the outcome and what is known about it.
class call_failed : public std::runtime_error {
public:
  call_failed(const std::string& what, call_outcome outcome, int reject_status)
    : std::runtime_error(what),
      outcome_(outcome),
      reject_status_(reject_status) {
    // nop
  }

  call_outcome outcome() const noexcept {
    return outcome_;
  }

  /// 400 to 499 if the outcome is `rejected`, else 0.
  int reject_status() const noexcept {
    return reject_status_;
  }

private:
  call_outcome outcome_;
  int reject_status_;
};

/// A configuration key that is missing or has a value of the wrong kind. Thrown
/// from a constructor it fails the deploy, with this message.
class config_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

} // namespace serval
