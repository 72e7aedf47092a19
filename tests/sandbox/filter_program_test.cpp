// Method: a small interpreter of the instructions that are used.

#include "sandbox/filter_program.hpp"

#include <doctest/doctest.h>
#include <linux/audit.h>
#include <linux/seccomp.h>

#include <cerrno>
#include <cstring>

using namespace serval;

namespace {

std::uint32_t run(filter_program& program, const seccomp_data& data) {
  auto code = program.code();
  std::uint32_t value = 0;
  for (std::size_t at = 0; at < code.len; ++at) {
    auto& step = code.filter[at];
    auto jump = [&](bool holds) { at += holds ? step.jt : step.jf; };
    switch (step.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        std::memcpy(&value, reinterpret_cast<const char*>(&data) + step.k,
                    sizeof(value));
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        jump(value == step.k);
        break;
      case BPF_JMP | BPF_JGT | BPF_K:
        jump(value > step.k);
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        value &= step.k;
        break;
      case BPF_RET | BPF_K:
        return step.k;
      default:
        FAIL("an instruction that this does not know");
    }
  }
  FAIL("it ends without a verdict");
  return 0;
}

seccomp_data call(int number, std::uint64_t first = 0,
                  std::uint64_t second = 0) {
  seccomp_data data{};
  data.nr = number;
  data.arch = AUDIT_ARCH_X86_64;
  data.args[0] = first;
  data.args[1] = second;
  return data;
}

std::uint32_t fails(int number) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(number);
}

constexpr auto allowed = SECCOMP_RET_ALLOW;

} // namespace

TEST_CASE("what is listed is allowed, what is not is denied") {
  filter_program program;
  program.allow(7);
  program.answer(8, ENOSYS);
  program.answer_rest(EPERM);
  CHECK(run(program, call(7)) == allowed);
  CHECK(run(program, call(8)) == fails(ENOSYS));
  CHECK(run(program, call(9)) == fails(EPERM));
}

TEST_CASE("a call of another architecture ends the process") {
  filter_program program;
  program.allow(7);
  program.answer_rest(EPERM);
  auto foreign = call(7);
  foreign.arch = AUDIT_ARCH_I386;
  CHECK(run(program, foreign) == SECCOMP_RET_KILL_PROCESS);
}

TEST_CASE("calls above a number have an answer of their own") {
  filter_program program;
  program.answer_above(400, ENOSYS);
  program.answer_rest(EPERM);
  CHECK(run(program, call(400)) == fails(EPERM));
  CHECK(run(program, call(401)) == fails(ENOSYS));
  // The other numbers of the same architecture.
  CHECK(run(program, call(0x40000000 + 7)) == fails(ENOSYS));
}

TEST_CASE("arguments are compared one by one") {
  filter_program program;
  program.allow_if(1, 1, {5, 6});
  program.allow_unless(2, 0, {1, 2});
  program.deny_if(3, 0, {1});
  program.allow_if(3, 1, {7});
  program.answer_rest(EPERM);
  CHECK(run(program, call(1, 0, 5)) == allowed);
  CHECK(run(program, call(1, 0, 6)) == allowed);
  CHECK(run(program, call(1, 5, 7)) == fails(EPERM));
  CHECK(run(program, call(2, 1)) == fails(EPERM));
  CHECK(run(program, call(2, 2)) == fails(EPERM));
  CHECK(run(program, call(2, 3)) == allowed);
  CHECK(run(program, call(3, 1, 7)) == fails(EPERM));
  CHECK(run(program, call(3, 2, 7)) == allowed);
  CHECK(run(program, call(3, 2, 8)) == fails(EPERM));
}

TEST_CASE("bits of an argument are compared under their mask") {
  filter_program program;
  program.allow_if_bits(1, 0, 0b1100, 0b0100, EACCES);
  program.allow_unless_bits(2, 0, 0b0011);
  program.answer_rest(EPERM);
  CHECK(run(program, call(1, 0b0111)) == allowed);
  CHECK(run(program, call(1, 0b1111)) == fails(EACCES));
  CHECK(run(program, call(1, 0b0011)) == fails(EACCES));
  CHECK(run(program, call(2, 0b0001)) == allowed);
  CHECK(run(program, call(2, 0b0111)) == fails(EPERM));
}

TEST_CASE("a pointer is null only if both of its halves are") {
  filter_program program;
  program.allow_if_null(1, 1);
  program.answer_rest(EPERM);
  CHECK(run(program, call(1, 9, 0)) == allowed);
  CHECK(run(program, call(1, 9, 1)) == fails(EPERM));
  CHECK(run(program, call(1, 9, 1ull << 32)) == fails(EPERM));
}
