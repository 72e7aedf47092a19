#include "backend/worker_program.hpp"

#include "backend/sealed_memory.hpp"

#include <cerrno>
#include <cstring>

// Defines the bytes from `serval_worker_program` to its end.
#include "worker_program_bytes.inc"

extern "C" const char serval_worker_program[];
extern "C" const char serval_worker_program_end[];

namespace serval {

result<unique_fd> worker_program() {
  sealed_memory memory{"serval-worker"};
  if (!memory.fd
      || !memory.append({serval_worker_program, serval_worker_program_end})
      || !memory.seal())
    return error{errc::unavailable,
                 std::string{"cannot make memory for the program of worker "
                             "processes: "}
                   + std::strerror(errno)
                   + (errno == EACCES ? "; set vm.memfd_noexec below 2" : "")};
  return std::move(memory.fd);
}

} // namespace serval
