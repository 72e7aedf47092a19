#include "cli/command_line.hpp"

int main(int argc, char** argv) {
  return serval::run_command_line(argc, argv);
}
