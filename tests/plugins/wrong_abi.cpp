// Claims an ABI version that no Serval speaks.

#include "serval/plugin.h"

extern "C" [[gnu::visibility("default")]] const serval_plugin*
serval_plugin_entry(const serval_host*) {
  // What follows the version is not to be touched.
  static const serval_plugin plugin{sizeof(serval_plugin), 999,
                                    reinterpret_cast<const char*>(8), 1,
                                    nullptr};
  return &plugin;
}
