#pragma once

#include "model/app_spec.hpp"
#include "model/outcome.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace serval {

/// One release with inline workers on real loops, without a network before it:
/// what a request costs from its trigger on.
class small_node {
public:
  small_node(std::size_t loops, std::string plugin,
             std::vector<backend_spec> backends, settings config);

  ~small_node();

  /// Sends a request to the first loop's trigger and waits for its outcome.
  outcome ask(std::string body);

private:
  struct state;

  std::unique_ptr<state> state_;
};

} // namespace serval
