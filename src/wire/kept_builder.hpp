#pragma once

#include <memory>

namespace serval {

class reused_builder;

/// A builder that encoders hold for their next message, and whose library their
/// headers need not know.
class kept_builder {
public:
  kept_builder();
  ~kept_builder();
  kept_builder(kept_builder&&) noexcept;
  kept_builder& operator=(kept_builder&&) noexcept;

  reused_builder& operator*() const noexcept {
    return *builder_;
  }

private:
  std::unique_ptr<reused_builder> builder_;
};

} // namespace serval
