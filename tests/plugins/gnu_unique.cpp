// Built without -fno-gnu-unique: its template's static member becomes a symbol
// that is unique in the process, which pins the plugin to memory.

#include "echo.hpp"

template <class T>
struct [[gnu::visibility("default")]] counter {
  static T value;
};

template <class T>
T counter<T>::value{};

struct counting : echo {
  counting() {
    ++counter<long>::value;
  }
};

SERVAL_EXPORT(serval::as<counting>("echo"));
