#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <initializer_list>
#include <vector>

namespace serval {

/// A seccomp filter in the making: rules that are tried in order, each for one
/// system call, then `answer_rest`. Arguments are compared by their lower 32
/// bits, which is all that descriptors, flags and process ids have. An error
/// number is what the denied call fails with; EPERM where none is named.
class filter_program {
public:
  /// A call of another architecture ends the process.
  filter_program();

  void allow(long call);
  void answer(long call, int error_number);
  void answer_above(long call, int error_number);
  void answer_rest(int error_number);

  /// Denied if the argument is one of `values`; else later rules decide.
  void deny_if(long call, int argument,
               std::initializer_list<std::uint32_t> values);

  /// Allowed if the argument is one of `values`.
  void allow_if(long call, int argument,
                std::initializer_list<std::uint32_t> values);

  /// Allowed if the argument is none of `values`.
  void allow_unless(long call, int argument,
                    std::initializer_list<std::uint32_t> values);

  /// Allowed if the argument's bits in `mask` are exactly `bits`.
  void allow_if_bits(long call, int argument, std::uint32_t mask,
                     std::uint32_t bits, int error_number);

  /// Allowed unless the argument has all bits of `mask`.
  void allow_unless_bits(long call, int argument, std::uint32_t mask);

  /// Allowed if the argument is a null pointer.
  void allow_if_null(long call, int argument);

  /// For the kernel; borrows from this.
  sock_fprog code();

private:
  void add(std::uint16_t what, std::uint32_t operand, std::uint8_t if_true = 0,
           std::uint8_t if_false = 0);
  void begin(long call);
  void end();
  void load_number();
  void load(int argument, bool upper_half = false);
  void give(std::uint32_t verdict);
  /// Gives the verdict to calls whose argument is one of these.
  void give_for(int argument, std::initializer_list<std::uint32_t> values,
                std::uint32_t verdict);

  std::vector<sock_filter> code_;
  /// Where the rule that is being written begins.
  std::size_t begun_ = 0;
};

} // namespace serval
