// Its constructor throws.

#include "echo.hpp"

struct broken : echo {
  broken() {
    throw std::runtime_error("cannot find the model");
  }
};

SERVAL_EXPORT(serval::as<broken>("echo"));
