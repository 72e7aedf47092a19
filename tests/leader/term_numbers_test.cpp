#include "leader/term_numbers.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("no term gives the numbers of an earlier one again") {
  auto earlier = numbers_of({7}, 3);
  auto later = numbers_of({8}, 1);
  constexpr std::uint64_t many = 999'999;
  CHECK(later.first_worker.value > earlier.first_worker.value + many);
  CHECK(later.first_table > earlier.first_table + many);
}

TEST_CASE("no two applications share workers' numbers within a term") {
  CHECK(numbers_of({7}, 4).first_worker.value
          - numbers_of({7}, 3).first_worker.value
        == 1'000'000);
}
