// Does not like its host.

#include "serval/plugin.h"

extern "C" [[gnu::visibility("default")]] const serval_plugin*
serval_plugin_entry(const serval_host*) {
  return nullptr;
}
