// Has a thread_local object with a destructor. A thread that touched it keeps
// the plugin in memory until the thread ends.

#include "echo.hpp"

namespace {

struct guard {
  ~guard() {
    ++*touched;
  }

  int* touched;
};

int touched = 0;
thread_local guard local{&touched};

} // namespace

struct remembering : echo {
  remembering() {
    ++*local.touched;
  }
};

SERVAL_EXPORT(serval::as<remembering>("echo"));
