#!/bin/sh
# Builds hello.so beside its app.toml. All that a plugin needs is a C++20
# compiler and Serval's include folder; it links no library.
set -eu
cd "$(dirname "$0")"
serval_include=${SERVAL_INCLUDE:-../../include}
# The flags of the second line let the plugin be unloaded again, and keep its
# libraries apart from its host's.
${CXX:-g++} -std=c++20 -O2 -Wall -Wextra -shared -fPIC -I"$serval_include" \
  -fvisibility=hidden -fno-gnu-unique -Wl,-Bsymbolic \
  hello.cpp -o hello.so
