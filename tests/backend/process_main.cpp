// A test program that can be a worker process that lies.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "backend/liar.hpp"

#include <string_view>

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view{argv[1]} == "worker")
    return serval::liar_main();
  return doctest::Context{argc, argv}.run();
}
