#include "fiber/fiber.hpp"

#include "base/assert.hpp"
#include "fiber/sanitizer.hpp"

#include <boost/context/detail/fcontext.hpp>

#include <cxxabi.h>

namespace serval {

namespace ctx = boost::context::detail;

namespace {

/// The C++ runtime's record of exceptions in flight: one per thread, so a
/// switch inside a catch block would mix up two fibers' exceptions. The layout
/// is fixed by the Itanium C++ ABI, section 2.2.2.
struct exception_record {
  void* caught = nullptr;
  unsigned int uncaught_count = 0;
};

exception_record& current_exceptions() {
  return *reinterpret_cast<exception_record*>(abi::__cxa_get_globals());
}

} // namespace

struct fiber::state {
  stack_pool& stacks;
  stack memory;
  /// Where the fiber stopped; null before its first run.
  ctx::fcontext_t inside = nullptr;
  /// Where `run` was called.
  ctx::fcontext_t outside = nullptr;
  entry_function entry = nullptr;
  void* argument = nullptr;
  exception_record exceptions;
  sanitizer_fiber sanitizer;

  explicit state(stack_pool& pool)
    : stacks(pool), memory(pool.take()), sanitizer(memory) {
    // nop
  }

  ~state() {
    stacks.give_back(memory);
  }

  [[noreturn]] static void loop_forever(ctx::transfer_t from) {
    auto* self = static_cast<state*>(from.data);
    self->sanitizer.entered_first();
    self->outside = from.fctx;
    for (;;) {
      self->entry(self->argument);
      self->entry = nullptr;
      self->leave();
    }
  }

  void leave() {
    sanitizer.leaving();
    auto from = ctx::jump_fcontext(outside, this);
    sanitizer.entered();
    outside = from.fctx;
  }
};

fiber::fiber(stack_pool& stacks) : state_(std::make_unique<state>(stacks)) {
  // nop
}

fiber::~fiber() {
  SERVAL_ASSERT(idle());
}

void fiber::start(entry_function entry, void* argument) {
  SERVAL_ASSERT(idle());
  state_->entry = entry;
  state_->argument = argument;
}

bool fiber::idle() const noexcept {
  return state_->entry == nullptr;
}

void fiber::run() {
  SERVAL_ASSERT(!idle());
  auto& self = *state_;
  if (self.inside == nullptr)
    self.inside = ctx::make_fcontext(self.memory.top(),
                                     self.memory.usable_bytes(),
                                     &state::loop_forever);
  std::swap(current_exceptions(), self.exceptions);
  self.sanitizer.entering();
  auto from = ctx::jump_fcontext(self.inside, &self);
  self.sanitizer.left();
  self.inside = from.fctx;
  std::swap(current_exceptions(), self.exceptions);
}

void fiber::suspend() {
  state_->leave();
}

} // namespace serval
