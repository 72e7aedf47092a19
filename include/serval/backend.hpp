#pragma once

// The base class of user logic.

#include "serval/config.hpp"
#include "serval/context.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

namespace serval {

/// A unit of user logic. Each worker holds one instance, made before the worker
/// gets traffic and destroyed when it stops. Its class needs a constructor that
/// takes a `const serval::config&`, or one without arguments; it may block, and
/// an exception from it fails the deploy with its message.
///
/// Thread: all functions of one instance run on one thread at a time, so that
/// members need no locks. Several calls may be under way in one instance; they
/// take turns only where one suspends in `map`, `call` or `sleep`. Data that
/// instances share (globals) needs the usual care.
class backend {
public:
  backend() = default;
  backend(const backend&) = delete;
  backend& operator=(const backend&) = delete;
  virtual ~backend() = default;

  /// Answers one request and returns the response's bytes. `request` and `ctx`
  /// live until it returns. Throw `reject` to refuse the request; any other
  /// exception becomes this request's failure and leaves the worker alive. The
  /// stack is the backend's `stack` setting (256 KiB unless set): keep large
  /// arrays on the heap and recursion bounded.
  virtual std::string handle(context& ctx, std::string_view request) = 0;

  /// Takes new configuration without a restart; calls that are suspended go on
  /// afterwards. To refuse, throw before changing anything: the old
  /// configuration stays in force. This default refuses, and the operator's
  /// change is then made with new workers.
  virtual void reconfigure(const config&) {
    throw std::runtime_error("this backend takes new configuration only when "
                             "its workers restart");
  }

  /// Runs once, after construction and before traffic; may block, for example
  /// to load a model or fill a cache. An exception fails the worker's start.
  virtual void warm_up() {
    // nop
  }

  /// Asked before the worker gets traffic, and then every `health_period`
  /// between calls; must be quick. An exception says that the instance cannot
  /// do its work, and why. After `health_failures` of them in a row, or checks
  /// that took longer than `health_timeout`, the worker is replaced.
  virtual void health() {
    // nop
  }
};

} // namespace serval
