#pragma once

#include <memory>

/// The three layers as plain CAF actors with request and response, as a user of
/// CAF would write them: one root, some middle actors, some leaves.
class caf_layers {
public:
  caf_layers(std::size_t threads, int middles, int leaves);

  ~caf_layers();

  /// Asks the root for so many leaves; returns how many answered.
  long ask(long leaves);

private:
  struct state;

  std::unique_ptr<state> state_;
};
