// Needs a function that nothing provides, so that it cannot be loaded.

#include "serval/plugin.h"

extern "C" const serval_plugin* function_that_nobody_has();

extern "C" [[gnu::visibility("default")]] const serval_plugin*
serval_plugin_entry(const serval_host*) {
  return function_that_nobody_has();
}
