// Its constructor never returns.

#include "echo.hpp"

#include <chrono>
#include <thread>

struct broken : echo {
  broken() {
    for (;;)
      std::this_thread::sleep_for(std::chrono::hours{1});
  }
};

SERVAL_EXPORT(serval::as<broken>("echo"));
