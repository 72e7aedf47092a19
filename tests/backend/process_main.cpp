// A test program that can be its own worker process, as `serval` is: the daemon
// side starts /proc/self/exe. The label chooses one that lies.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "backend/liar.hpp"
#include "backend/worker_main.hpp"

#include <string_view>

int main(int argc, char** argv) {
  using namespace std::literals;
  if (argc > 2 && argv[1] == "worker"sv) {
    if (argv[2] == serval::liar_label)
      return serval::liar_main();
    return serval::worker_main(argc, argv);
  }
  return doctest::Context{argc, argv}.run();
}
