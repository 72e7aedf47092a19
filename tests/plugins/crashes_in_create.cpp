// Its constructor reads from address zero.

#include "echo.hpp"

struct broken : echo {
  broken() {
    volatile int* nowhere = nullptr;
    *nowhere = 1;
  }
};

SERVAL_EXPORT(serval::as<broken>("echo"));
