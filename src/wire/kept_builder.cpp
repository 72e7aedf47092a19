#include "wire/kept_builder.hpp"

#include "wire/builder.hpp"

namespace serval {

kept_builder::kept_builder() : builder_(std::make_unique<reused_builder>()) {
  // nop
}

kept_builder::~kept_builder() = default;
kept_builder::kept_builder(kept_builder&&) noexcept = default;
kept_builder& kept_builder::operator=(kept_builder&&) noexcept = default;

} // namespace serval
