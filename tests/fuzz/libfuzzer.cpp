// What libFuzzer calls. Each fuzzer is this with another target.

#include "targets.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  serval::FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
