#include "trigger/memory_pressure.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("stages come in their order as memory fills") {
  memory_pressure subject{1000};
  using enum memory_stage;
  CHECK(subject.update(0) == ample);
  CHECK(subject.update(799) == ample);
  CHECK(subject.update(800) == shrink);
  CHECK(subject.update(900) == shed_low);
  CHECK(subject.update(950) == refuse);
  CHECK(subject.update(980) == critical);
  CHECK(subject.update(5000) == critical);
  CHECK(subject.update(10) == ample);
  CHECK(subject.update(960) == refuse);
}

TEST_CASE("a stage lasts until memory is clearly below it") {
  memory_pressure subject{1000};
  using enum memory_stage;
  CHECK(subject.update(905) == shed_low);
  CHECK(subject.update(895) == shed_low);
  CHECK(subject.update(885) == shed_low);
  CHECK(subject.update(879) == shrink);
  CHECK(subject.update(895) == shrink);
  CHECK(subject.update(785) == shrink);
  CHECK(subject.update(779) == ample);
}
