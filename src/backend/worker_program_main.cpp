#include "backend/worker_main.hpp"

int main(int argc, char** argv) {
  return serval::worker_main(argc, argv);
}
