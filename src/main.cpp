#include "backend/worker_main.hpp"
#include "cli/command_line.hpp"

#include <string_view>

int main(int argc, char** argv) {
  // Before anything else starts: there may be hundreds of worker processes, and
  // each costs what is started here.
  if (argc > 1 && std::string_view{argv[1]} == "worker")
    return serval::worker_main(argc, argv);
  return serval::run_command_line(argc, argv);
}
