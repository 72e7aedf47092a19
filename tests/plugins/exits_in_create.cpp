// Its constructor ends the process as if all were well.

#include "echo.hpp"

#include <cstdlib>

struct broken : echo {
  broken() {
    std::_Exit(0);
  }
};

SERVAL_EXPORT(serval::as<broken>("echo"));
