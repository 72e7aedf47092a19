#!/bin/sh
# Builds bank_monitor.so beside its app.toml, with nothing but a C++20 compiler,
# Boost's headers and Serval's include folder.
set -eu
cd "$(dirname "$0")"
serval_include=${SERVAL_INCLUDE:-../../include}
# The flags of the second line let the plugin be unloaded again, and keep its
# Boost apart from its host's.
${CXX:-g++} -std=c++20 -O2 -Wall -Wextra -shared -fPIC -I"$serval_include" \
  -fvisibility=hidden -fno-gnu-unique -Wl,-Bsymbolic \
  bank_monitor.cpp boost_json.cpp layers.cpp merge.cpp messages.cpp metric_folder.cpp \
  series.cpp statistics.cpp timestamp.cpp \
  -o bank_monitor.so
