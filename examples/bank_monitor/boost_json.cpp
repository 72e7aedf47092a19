// Boost.JSON itself, compiled into the plugin, so that it links no library.
// The flags in build.sh keep it apart from the copy that the host may have.

#include <boost/json/src.hpp>
