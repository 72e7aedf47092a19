#include "sandbox/filter_program.hpp"

#include "base/assert.hpp"

#include <linux/audit.h>
#include <linux/seccomp.h>

#include <cerrno>
#include <cstddef>

namespace serval {

namespace {

constexpr std::uint16_t load_word = BPF_LD | BPF_W | BPF_ABS;
constexpr std::uint16_t jump_if_equal = BPF_JMP | BPF_JEQ | BPF_K;
constexpr std::uint16_t jump_if_greater = BPF_JMP | BPF_JGT | BPF_K;
constexpr std::uint16_t and_with = BPF_ALU | BPF_AND | BPF_K;
constexpr std::uint16_t verdict_is = BPF_RET | BPF_K;

constexpr std::uint32_t fail_with(int error_number) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error_number);
}

} // namespace

filter_program::filter_program() {
  add(load_word, offsetof(seccomp_data, arch));
  add(jump_if_equal, AUDIT_ARCH_X86_64, 1, 0);
  give(SECCOMP_RET_KILL_PROCESS);
  load_number();
}

void filter_program::allow(long call) {
  begin(call);
  give(SECCOMP_RET_ALLOW);
  end();
}

void filter_program::answer(long call, int error_number) {
  begin(call);
  give(fail_with(error_number));
  end();
}

void filter_program::answer_above(long call, int error_number) {
  add(jump_if_greater, static_cast<std::uint32_t>(call), 0, 1);
  give(fail_with(error_number));
}

void filter_program::answer_rest(int error_number) {
  give(fail_with(error_number));
}

void filter_program::give_for(int argument,
                              std::initializer_list<std::uint32_t> values,
                              std::uint32_t verdict) {
  load(argument);
  for (auto value : values) {
    add(jump_if_equal, value, 0, 1);
    give(verdict);
  }
}

void filter_program::deny_if(long call, int argument,
                             std::initializer_list<std::uint32_t> values) {
  begin(call);
  give_for(argument, values, fail_with(EPERM));
  load_number();
  end();
}

void filter_program::allow_if(long call, int argument,
                              std::initializer_list<std::uint32_t> values) {
  begin(call);
  give_for(argument, values, SECCOMP_RET_ALLOW);
  give(fail_with(EPERM));
  end();
}

void filter_program::allow_unless(long call, int argument,
                                  std::initializer_list<std::uint32_t> values) {
  begin(call);
  give_for(argument, values, fail_with(EPERM));
  give(SECCOMP_RET_ALLOW);
  end();
}

void filter_program::allow_if_bits(long call, int argument, std::uint32_t mask,
                                   std::uint32_t bits, int error_number) {
  begin(call);
  load(argument);
  add(and_with, mask);
  add(jump_if_equal, bits, 0, 1);
  give(SECCOMP_RET_ALLOW);
  give(fail_with(error_number));
  end();
}

void filter_program::allow_unless_bits(long call, int argument,
                                       std::uint32_t mask) {
  begin(call);
  load(argument);
  add(and_with, mask);
  add(jump_if_equal, mask, 0, 1);
  give(fail_with(EPERM));
  give(SECCOMP_RET_ALLOW);
  end();
}

void filter_program::allow_if_null(long call, int argument) {
  begin(call);
  load(argument);
  add(jump_if_equal, 0, 1, 0);
  give(fail_with(EPERM));
  load(argument, true);
  add(jump_if_equal, 0, 0, 1);
  give(SECCOMP_RET_ALLOW);
  give(fail_with(EPERM));
  end();
}

sock_fprog filter_program::code() {
  return {static_cast<unsigned short>(code_.size()), code_.data()};
}

void filter_program::add(std::uint16_t what, std::uint32_t operand,
                         std::uint8_t if_true, std::uint8_t if_false) {
  code_.push_back({what, if_true, if_false, operand});
}

/// Skips the rule, whose length is not known yet, if it is another call.
void filter_program::begin(long call) {
  begun_ = code_.size();
  add(jump_if_equal, static_cast<std::uint32_t>(call));
}

void filter_program::end() {
  auto length = code_.size() - begun_ - 1;
  SERVAL_ASSERT(length <= 255);
  code_[begun_].jf = static_cast<std::uint8_t>(length);
}

/// Every rule finds the call's number loaded.
void filter_program::load_number() {
  add(load_word, offsetof(seccomp_data, nr));
}

void filter_program::load(int argument, bool upper_half) {
  // Little-endian: the lower half comes first.
  auto offset = offsetof(seccomp_data, args)
                + static_cast<std::size_t>(argument) * sizeof(std::uint64_t)
                + (upper_half ? sizeof(std::uint32_t) : 0);
  add(load_word, static_cast<std::uint32_t>(offset));
}

void filter_program::give(std::uint32_t verdict) {
  add(verdict_is, verdict);
}

} // namespace serval
