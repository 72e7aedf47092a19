// Offers nothing.

#include "serval/plugin.h"

extern "C" [[gnu::visibility("default")]] const serval_plugin*
serval_plugin_entry(const serval_host*) {
  static const serval_plugin plugin{sizeof(serval_plugin), SERVAL_ABI_VERSION,
                                    "none", 0, nullptr};
  return &plugin;
}
